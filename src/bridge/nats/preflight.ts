import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { NoTlsError } from './failure.ts';
import type { ServerUrl } from './server-url.ts';

/** Longest INFO line that is read; real ones have a few kilobytes. */
const maxInfoBytes = 262_144;

export interface PreflightOptions {
  /** TLS is required on our side. */
  readonly wantsTls: boolean;
  /** Set where TLS comes before the greeting; the client certificate, because without it there may be none. */
  readonly handshakeFirst: { readonly cert?: Buffer; readonly key?: Buffer } | undefined;
  readonly timeoutMs: number;
}

/** What a server says of itself before anybody has logged in. */
export interface Greeting {
  /** It takes only clients with a certificate that it trusts. */
  readonly verifiesClients: boolean;
}

/**
 * Connects once and reads the greeting of the server. The client library keeps the socket of an attempt on which the
 * server stays silent, so attempts on such servers must not reach it.
 * @throws when nothing answers in time, when it is no NATS server, and NoTlsError.
 */
export function preflight(server: ServerUrl, options: PreflightOptions, signal: AbortSignal): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    const { host, port } = server;
    // Certificates are checked by the connection proper; here only the greeting counts.
    const socket: Socket =
      options.handshakeFirst === undefined
        ? connectTcp({ host, port })
        : connectTls({ host, port, rejectUnauthorized: false, ...options.handshakeFirst });
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (outcome: Greeting | Error) => {
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners();
      socket.on('error', () => undefined); // late errors of a socket that is no longer of interest
      socket.destroy();
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const abort = () => finish(new Error(`no answer within ${options.timeoutMs} ms`));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', finish);
    socket.on('close', () => finish(new Error('the connection was closed before a greeting')));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (!chunk.includes(0x0a) && length < maxInfoBytes) return;
      finish(readGreeting(Buffer.concat(chunks).toString(), options.wantsTls));
    });
  });
}

function readGreeting(text: string, wantsTls: boolean): Greeting | Error {
  const json = /^INFO\s+(\{[^\r\n]*\})\s*\r\n/i.exec(text)?.[1];
  if (json === undefined) return new Error('it does not answer as a NATS server');
  try {
    const info: unknown = JSON.parse(json);
    const says = (field: string): boolean => Reflect.get(Object(info), field) === true;
    if (wantsTls && !says('tls_required') && !says('tls_available')) return new NoTlsError('no TLS');
    return { verifiesClients: says('tls_verify') };
  } catch {
    return new Error('its greeting is not JSON');
  }
}
