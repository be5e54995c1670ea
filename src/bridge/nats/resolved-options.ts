import type { SecretReference } from '../../kernel/schema.ts';
import type { NatsOptions } from './schema.ts';

/** One way to log in. */
export type NatsLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'user'; readonly user: string; readonly password: string | undefined }
  | { readonly kind: 'token'; readonly token: string }
  /** NKey seed, `SU...`. */
  | { readonly kind: 'nkey'; readonly seed: string }
  /** Text of a .creds file. */
  | { readonly kind: 'creds'; readonly text: string };

/** TLS towards NATS; the files are read again for every connection, so a renewed certificate needs no restart. */
export interface NatsTls {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly serverName: string | undefined;
  readonly handshakeFirst: boolean;
}

/** What a link needs: options with their secrets resolved. Never log it. */
export interface ResolvedNatsOptions {
  /** `nats://host:port` or `tls://host:port`; a function where they are known only once another part has started. */
  readonly servers: readonly string[] | (() => readonly string[]);
  readonly login: NatsLogin;
  /** Reads it again, for the next connection: it may have been rotated. Rejects where it cannot be read. */
  readonly readLogin?: (() => Promise<NatsLogin>) | undefined;
  readonly tls: NatsTls | undefined;
  readonly reconnectDelayMs: number;
  readonly reconnectDelayMaxMs: number;
  readonly connectTimeoutMs: number;
  /** Bytes sent that the server has not confirmed. */
  readonly maxPendingBytes: number;
  /** Largest packet of a client; said where the server takes less. */
  readonly packetBytes: () => number;
  /** Longest protocol line that the server takes. */
  readonly maxControlLineBytes: number;
  /** Shown by the monitoring of NATS. */
  readonly clientName: string;
  /** What this connection sends comes back to its own subscriptions too. */
  readonly hasEcho: boolean;
}

/** How secrets and files are read; environment and disk are the caller's. */
export interface SecretSources {
  readonly secret: (reference: SecretReference) => string;
  readonly file: (path: string) => string;
  /** Reads a secret again. Rejects with a ConfigError. */
  readonly again: (reference: SecretReference) => Promise<string>;
}

export function resolveNatsOptions(
  options: NatsOptions,
  sources: SecretSources,
  overrides: Pick<ResolvedNatsOptions, 'clientName' | 'hasEcho' | 'packetBytes'> &
    Partial<Pick<ResolvedNatsOptions, 'servers' | 'login'>>,
): ResolvedNatsOptions {
  const { tls } = options;
  return {
    servers: overrides.servers ?? options.servers,
    login: overrides.login ?? resolveLogin(options, sources),
    readLogin: overrides.login === undefined ? () => readLogin(options, sources) : undefined,
    tls:
      tls === undefined
        ? undefined
        : {
            caFile: tls.ca,
            certFile: tls.cert,
            keyFile: tls.key,
            serverName: tls.serverName,
            handshakeFirst: tls.handshakeFirst,
          },
    reconnectDelayMs: options.reconnectDelay,
    reconnectDelayMaxMs: options.reconnectDelayMax,
    connectTimeoutMs: options.connectTimeout,
    maxPendingBytes: options.maxPending,
    maxControlLineBytes: options.maxControlLine,
    packetBytes: overrides.packetBytes,
    clientName: overrides.clientName,
    hasEcho: overrides.hasEcho,
  };
}

function resolveLogin({ user, password, token, nkey, creds }: NatsOptions, { secret, file }: SecretSources): NatsLogin {
  if (user !== undefined)
    return { kind: 'user', user, password: password === undefined ? undefined : secret(password) };
  if (token !== undefined) return { kind: 'token', token: secret(token) };
  if (nkey !== undefined) return { kind: 'nkey', seed: secret(nkey).trim() };
  if (creds !== undefined) return { kind: 'creds', text: file(creds) };
  return { kind: 'none' };
}

/** The same from what stands there now. */
async function readLogin(options: NatsOptions, { again }: SecretSources): Promise<NatsLogin> {
  const { user, password, token, nkey, creds } = options;
  const reference = password ?? token ?? nkey ?? (creds === undefined ? undefined : { file: creds });
  const text = (user !== undefined && password === undefined) || reference === undefined ? '' : await again(reference);
  return resolveLogin(options, { secret: () => text, file: () => text, again });
}
