import type { X509Certificate } from 'node:crypto';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { messageOf, systemCode } from '../../kernel/errors.ts';
import type { Opening } from './opening.ts';
import { contextOptions, type TlsClient } from './tls-client.ts';
import { attemptFailure, distrustReason } from './tls-reason.ts';
import type { TlsTarget } from './tls-target.ts';

/** How an attempt ended. `failed`: neither side refused; `unavailable`: this program cannot try it. */
export type ProbeOutcome =
  | { readonly kind: 'accepted'; readonly reason: string }
  | { readonly kind: 'refused'; readonly by: 'server' | 'client'; readonly reason: string }
  | { readonly kind: 'failed' | 'unavailable'; readonly reason: string };

/** Connects, says the opening and waits for its answer, at most `timeoutMs` in all. */
export async function probe(
  target: TlsTarget,
  client: TlsClient,
  opening: Opening,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  let secureContext: SecureContext;
  try {
    secureContext = createSecureContext(contextOptions(client));
  } catch (error) {
    const failure = attemptFailure(systemCode(error) ?? messageOf(error));
    return failure.kind === 'unavailable' ? failure : { kind: 'failed', reason: messageOf(error) };
  }
  const socket = openTls(target, client, secureContext);
  return attempt(socket, timeoutMs, (end) => {
    socket.once('secureConnect', () => {
      if (client.psk !== undefined && !isKeyUsed(socket))
        return end({ kind: 'failed', reason: 'it goes on with its certificate in place of the key' });
      // its types take it for an Error; it is the code of one
      if (!socket.authorized && client.isInsecure !== true && client.psk === undefined)
        return end({ kind: 'refused', by: 'client', reason: distrustReason(String(socket.authorizationError)) });
      const { standardName } = socket.getCipher();
      ask(socket, opening, end, `${socket.getProtocol() ?? 'TLS'} ${standardName}, `);
    });
  });
}

/** TLS 1.3 takes an external key for a session that is known (RFC 8446 2.2). */
const isKeyUsed = (socket: TLSSocket): boolean =>
  socket.getProtocol() === 'TLSv1.3' ? socket.isSessionReused() : /(^|-)PSK-/.test(socket.getCipher().name);

/** The same without TLS; an HTTP answer that sends elsewhere or complains is a refusal. */
export async function probePlain(target: TlsTarget, opening: Opening, timeoutMs: number): Promise<ProbeOutcome> {
  const socket = connectPlain({ host: target.host, port: target.port });
  const outcome = await attempt(socket, timeoutMs, (end) =>
    socket.once('connect', () => ask(socket, opening, end, 'without TLS, ')),
  );
  return /HTTP [345]/.test(outcome.reason) ? { kind: 'refused', by: 'server', reason: outcome.reason } : outcome;
}

/** What a server shows, whether or not it is trusted. */
export interface Shown {
  /** Leaf first; empty where there was no handshake. */
  readonly chain: readonly X509Certificate[];
  readonly outcome: ProbeOutcome;
}

/** Goes through a handshake for the certificates that the server sends. */
export async function shownBy(target: TlsTarget, client: TlsClient, timeoutMs: number): Promise<Shown> {
  const socket = openTls(target, client, createSecureContext(contextOptions(client)));
  const chain: X509Certificate[] = [];
  const outcome = await attempt(socket, timeoutMs, (end) =>
    socket.once('secureConnect', () => {
      let next = socket.getPeerX509Certificate();
      while (next !== undefined && chain.length < maxChain && !chain.some(isSame(next))) {
        chain.push(next);
        next = next.issuerCertificate;
      }
      end({ kind: 'accepted', reason: '' });
    }),
  );
  return { chain, outcome };
}

const maxChain = 20;

/** A root is its own issuer. */
const isSame = (one: X509Certificate) => (other: X509Certificate) => one.fingerprint256 === other.fingerprint256;

const openTls = (
  { host, port }: TlsTarget,
  { verifiedName, psk }: TlsClient,
  secureContext: SecureContext,
): TLSSocket =>
  connect({
    host,
    port,
    secureContext,
    rejectUnauthorized: false, // so that what the server shows can be looked at
    checkServerIdentity: (_, certificate) => checkServerIdentity(verifiedName, certificate),
    ...(isIP(verifiedName) === 0 ? { servername: verifiedName } : {}),
    ...(psk === undefined ? {} : { pskCallback: () => ({ identity: psk.identity, psk: psk.key }) }),
  });

/** Says the opening; the first answer ends the attempt. */
function ask(socket: Socket, opening: Opening, end: (outcome: ProbeOutcome) => void, prefix: string): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const answer = opening.answer(received);
    if (answer !== undefined) end({ kind: answer.isRight ? 'accepted' : 'failed', reason: prefix + answer.text });
    else if (received.length > maxAnswerBytes) end({ kind: 'failed', reason: `${prefix}an answer without an end` });
  });
  socket.write(opening.bytes);
}

const maxAnswerBytes = 65_536;

/** Runs one attempt to its end: what `begin` says, an error, a close or the time limit, whichever is first. */
async function attempt(
  socket: Socket,
  timeoutMs: number,
  begin: (end: (outcome: ProbeOutcome) => void) => void,
): Promise<ProbeOutcome> {
  const limit = AbortSignal.timeout(timeoutMs);
  const outcome = await new Promise<ProbeOutcome>((resolve) => {
    begin(resolve);
    socket.once('error', (error) => resolve(attemptFailure(systemCode(error) ?? messageOf(error))));
    socket.once('close', () => resolve(attemptFailure(undefined)));
    limit.addEventListener('abort', () =>
      resolve({ kind: 'failed', reason: `there is no answer within ${timeoutMs / 1_000} s` }),
    );
  });
  socket.on('error', () => undefined); // the attempt is over
  socket.destroy();
  return outcome;
}
