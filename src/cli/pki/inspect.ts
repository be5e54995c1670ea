import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isoTime } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { printable } from '../../kernel/printable.ts';
import { readCrls } from '../../pki/revocation/crl-read.ts';
import { provesPossession, readCsr } from '../../pki/x509/csr.ts';
import { describeX509 } from '../../pki/x509/inspect.ts';
import { keyProblem } from '../../pki/x509/keys.ts';
import { isEncryptedKey, parsePrivateKey } from '../../pki/x509/pem.ts';
import { beginsPem, holdsPem } from '../../pki/x509/pem-blocks.ts';
import { algorithmName } from '../../pki/x509/signatures.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { certificatesOf } from './certificate-file.ts';
import { readNamedFile } from './options.ts';
import { factsJson, factsText, table } from './report.ts';

/** As --name takes them. */
const kinds = { dns: 'DNS', ip: 'IP', email: 'email', url: 'URI' } as const;

interface Shown {
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** `pki inspect FILE`: what a certificate, request, revocation list or key says. Keys themselves are never shown. */
export function addInspectCommand(pki: Command, io: Io): void {
  pki
    .command('inspect')
    .description('show what a certificate, signing request, revocation list or key file says')
    .argument('<file>', 'PEM or DER')
    .option('--json', 'print one JSON object')
    .action((file: string, options: { readonly json?: true }) => inspect(io, file, options));
}

async function inspect(io: Io, file: string, options: { readonly json?: true }): Promise<void> {
  const shown = show(await readNamedFile(io, file), resolve(io.cwd, file), io.clock.now());
  if (options.json === true) printJson(io.stdout, shown.json);
  else printLine(io.stdout, shown.text);
}

function show(bytes: Buffer, path: string, now: number): Shown {
  const text = bytes.toString('latin1');
  if (holdsPem(text, 'PRIVATE KEY') && !beginsPem(text, 'CERTIFICATE')) return showKey(bytes.toString('utf8'), path);
  if (holdsPem(text, 'CERTIFICATE REQUEST')) return showRequest(bytes, path);
  if (beginsPem(text, 'X509 CRL')) return showCrls(bytes, path);
  const certificates = certificatesOf(bytes);
  if (typeof certificates !== 'string') {
    const facts = certificates.map(describeX509);
    return {
      json: { certificates: facts.map(factsJson) },
      text: facts.map((one) => factsText(one, now)).join('\n\n'),
    };
  }
  if (bytes[0] === 0x30) {
    if (typeof readCsr(bytes) !== 'string') return showRequest(bytes, path);
    if (typeof readCrls(bytes) !== 'string') return showCrls(bytes, path);
  }
  throw new AppError(
    'certificate-invalid',
    `${path} ${certificates}; give a certificate, request, revocation list or key`,
  );
}

function showKey(text: string, path: string): Shown {
  if (isEncryptedKey(text)) return { json: { key: { encrypted: true } }, text: 'private key, encrypted' };
  const key = parsePrivateKey(text);
  if (typeof key === 'string') throw new AppError('key-unreadable', `${path} ${key}`);
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key;
  const size = details?.namedCurve ?? details?.modulusLength;
  const problem = keyProblem(key);
  return {
    json: { key: { encrypted: false, type, size, ...(problem === undefined ? {} : { problem }) } },
    text: `private key, not encrypted, ${type}${size === undefined ? '' : ` ${size}`}${problem === undefined ? '' : `; ${problem}`}`,
  };
}

function showRequest(bytes: Buffer, path: string): Shown {
  const csr = readCsr(bytes);
  if (typeof csr === 'string') throw new AppError('certificate-invalid', `${path} ${csr}`);
  const names = csr.altNames.map((name) =>
    name === undefined ? 'other' : `${kinds[name.type]}:${printable(name.value)}`,
  );
  const proven = provesPossession(csr);
  const json = {
    commonName: csr.commonName,
    organization: csr.organization,
    names,
    asksForCa: csr.asksForCa,
    signature: algorithmName(csr.signed.algorithm),
    provesPossession: proven,
    publicKeySha256: createHash('sha256')
      .update(csr.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  };
  const rows = [
    ['request for', printable(csr.commonName ?? 'no single common name')],
    ['names', names.length === 0 ? 'none' : names.slice(0, 100).join(', ')],
    ['asks for a CA', csr.asksForCa ? 'yes' : 'no'],
    ['signature', `${json.signature}, ${proven ? 'made with its key' : 'NOT made with its key, or weak'}`],
  ];
  return { json: { request: json }, text: table(rows) };
}

function showCrls(bytes: Buffer, path: string): Shown {
  const crls = readCrls(bytes);
  if (typeof crls === 'string') throw new AppError('certificate-invalid', `${path} ${crls}`);
  const shown = crls.map((crl) => ({
    issuer: crl.issuer,
    number: crl.number?.toString(),
    thisUpdate: isoTime(crl.thisUpdate),
    nextUpdate: crl.nextUpdate === undefined ? undefined : isoTime(crl.nextUpdate),
    signature: algorithmName(crl.signed.algorithm),
    revoked: [...crl.revoked].map(([serialNumber, { at, reason }]) => ({ serialNumber, at: isoTime(at), reason })),
  }));
  const text = shown.map(({ issuer, number, thisUpdate, nextUpdate, signature, revoked }) =>
    table([
      ['list of', issuer],
      ['number', number ?? 'none'],
      ['counts', `from ${thisUpdate} to ${nextUpdate ?? 'no end'}`],
      ['signature', signature],
      ['revoked', revoked.length === 0 ? 'none' : String(revoked.length)],
      ...revoked.slice(0, 1_000).map(({ serialNumber, at, reason }) => ['', `${serialNumber} ${at} ${reason}`]),
    ]),
  );
  return { json: { revocationLists: shown }, text: text.join('\n\n') };
}
