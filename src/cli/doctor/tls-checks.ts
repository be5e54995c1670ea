import { openingFor } from './opening.ts';
import { opensslLine, type PemFile, type PreSharedKey, plainLine, type TlsClient } from './tls-client.ts';
import type { TlsFiles } from './tls-files.ts';
import type { Missing } from './tls-material.ts';
import { type ProbeOutcome, probe, probePlain } from './tls-probe.ts';
import { wrongKeyFor } from './tls-psk.ts';
import type { Expectation } from './tls-report.ts';
import type { TlsKind, TlsTarget } from './tls-target.ts';

/** One attempt on one port. */
export interface Check {
  readonly name: string;
  readonly expected: Expectation;
  /** Runs it. @param timeoutMs for the whole attempt. */
  readonly run: (timeoutMs: number) => Promise<ProbeOutcome>;
  /** The same for a shell; undefined where it cannot be tried. */
  readonly command: string | undefined;
}

export interface CheckContext {
  readonly files: TlsFiles;
  readonly target: TlsTarget & { readonly tls: TlsKind };
  /** Name that the server's certificate must be for. */
  readonly verifiedName: string;
  readonly clientId: string;
  /** Undefined where the port takes none. */
  readonly psk: PreSharedKey | Missing | undefined;
  /** False where nothing is known of what the server trusts. */
  readonly isOurs: boolean;
}

/** For a name that no certificate holds (RFC 6761 6.4). */
const wrongName = 'wrong.invalid';

/** Without forward secrecy, or without authentication. */
const brokenCiphers = 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256:NULL:aNULL';
/** In a mode that has been broken in some implementations (Lucky 13). */
const weakCiphers = `${brokenCiphers}:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA`;

/** Every check of a port, in the order of the report. */
export function checksOf(context: CheckContext): Check[] {
  const { files, target, verifiedName } = context;
  const isTwoWay = target.tls === 'two-way';
  const certificate = isTwoWay && !('missing' in files.client) ? { identity: files.client } : {};
  const good: TlsClient = { verifiedName, trust: files.trust, ...certificate };
  const make = maker(context);
  const trusting = (name: string, trust: PemFile | Missing, more: Partial<TlsClient> = {}): Check =>
    'missing' in trust ? skipped(name, trust) : make(name, trusted, { ...good, ...more, trust });
  // whose a certificate of a listener's own is, only its operator knows; --ca says it
  const trusted = target.has.hasOwnCertificate && !files.isTrustGiven ? 'either' : 'accepted';
  if (isTwoWay && 'missing' in files.client)
    return [
      ...refusals(context),
      ...clientChecks(context),
      ...pskChecks(context),
      skipped('everything else', files.client),
    ];
  return [
    trusting('trusting the root', files.root),
    trusting('trusting the intermediate alone', files.intermediate, { isPartial: true }),
    make(files.trust === undefined ? 'trusting the public CAs' : 'trusting the CA bundle', trusted, good),
    make('trusting another CA', 'refused by the client', { ...good, trust: files.otherCa }),
    make('wrong host name', 'refused by the client', { ...good, verifiedName: wrongName }),
    make('TLS 1.2', target.has.isModern ? 'refused by the server' : trusted, { ...good, version: 'TLSv1.2' }),
    make('TLS 1.3', trusted, { ...good, version: 'TLSv1.3' }),
    ...refusals(context),
    ...clientChecks(context),
    ...pskChecks(context),
  ];
}

/** What no server may accept, whoever asks. */
function refusals(context: CheckContext): Check[] {
  const { files, target, verifiedName, clientId } = context;
  const make = maker(context);
  const opening = openingFor(target, clientId);
  const identity = 'missing' in files.client || target.tls !== 'two-way' ? {} : { identity: files.client };
  const old: TlsClient = { verifiedName, trust: files.trust, isInsecure: true, ...identity };
  return [
    make('TLS 1.1', 'refused by the server', { ...old, version: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
    make('weak ciphers', 'refused by the server', {
      ...old,
      version: 'TLSv1.2',
      ciphers: `${target.has.isLenient ? brokenCiphers : weakCiphers}:@SECLEVEL=0`,
    }),
    {
      name: 'plain text',
      expected: target.tls === 'auto' ? 'accepted' : 'refused by the server',
      run: (timeoutMs) => probePlain(target, opening, timeoutMs),
      command: plainLine(target, opening),
    },
  ];
}

/** What clients show of themselves. */
function clientChecks(context: CheckContext): Check[] {
  const { files, target, verifiedName, isOurs } = context;
  const make = maker(context);
  // with the root alone OpenSSL has no intermediate at hand that it would send without being told to
  const trust = 'missing' in files.root ? files.trust : files.root;
  const anyone: TlsClient = { verifiedName, trust };
  const isOptional = target.tls === 'two-way-optional';
  if (target.tls !== 'two-way' && !isOptional) return [make('no client certificate', 'accepted', anyone)];
  const { client, expiredClient, otherClient } = files;
  const stranger: TlsClient = { ...anyone, isInsecure: true };
  const isWhole = !('missing' in client) && client.intermediates !== undefined;
  const known = target.has.hasOwnClients && !files.isClientGiven ? 'either' : 'accepted';
  return [
    isOptional
      ? make('no client certificate', 'accepted', anyone)
      : make('no client certificate', 'refused by the server', stranger),
    'missing' in client
      ? skipped('client certificate', client)
      : make(`client certificate${isWhole ? ' with intermediate' : ''}`, known, { ...anyone, identity: client }),
    ...('missing' in client || !isWhole
      ? []
      : [
          make('client certificate, leaf only', isOurs ? known : 'either', {
            ...anyone,
            identity: { leaf: client.leaf, key: client.key },
          }),
        ]),
    make('client certificate of another CA', 'refused by the server', { ...stranger, identity: otherClient }),
    'missing' in expiredClient
      ? skipped('expired client certificate', expiredClient)
      : make('expired client certificate', 'refused by the server', { ...stranger, identity: expiredClient }),
    ...revokedCheck(context, stranger),
  ];
}

/** Whether another server goes by the lists of this folder is not known. */
function revokedCheck(context: CheckContext, stranger: TlsClient): Check[] {
  const name = 'revoked client certificate';
  const { revokedClient } = context.files;
  if (revokedClient === undefined || !context.isOurs) return [];
  if ('missing' in revokedClient) return [skipped(name, revokedClient)];
  return [maker(context)(name, 'refused by the server', { ...stranger, identity: revokedClient })];
}

/** What clients without certificates show. */
function pskChecks(context: CheckContext): Check[] {
  const { psk, target, verifiedName, files } = context;
  if (psk === undefined) return [];
  if ('missing' in psk) return [skipped('pre-shared key', psk)];
  const make = maker(context);
  const wrong = wrongKeyFor(psk);
  const client = { verifiedName, trust: files.trust };
  const versions: readonly Partial<TlsClient>[] = [
    ...(target.has.isModern ? [] : [{ version: 'TLSv1.2', ciphers: 'PSK' } as const]),
    { version: 'TLSv1.3' },
  ];
  return versions.flatMap((how) => {
    const over = how.version?.replace('v', ' ');
    return [
      make(`pre-shared key, ${over}`, 'accepted', { ...client, ...how, psk }),
      make(`wrong pre-shared key, ${over}`, 'refused by the server', { ...client, ...how, psk: wrong }),
    ];
  });
}

const maker =
  ({ target, clientId }: CheckContext) =>
  (name: string, expected: Expectation, client: TlsClient): Check => {
    const opening = openingFor(target, clientId);
    return {
      name,
      expected,
      run: (timeoutMs) => probe(target, client, opening, timeoutMs),
      command: opensslLine(client, target, opening),
    };
  };

const skipped = (name: string, { missing }: Missing): Check => ({
  name,
  expected: 'either',
  run: () => Promise.resolve({ kind: 'unavailable', reason: missing }),
  command: undefined,
});
