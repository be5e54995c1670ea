import { readFile } from 'node:fs/promises';
import { connect, type NatsConnection, type TlsOptions } from '@nats-io/transport-node';
import { formatSocketAddress } from '../../kernel/address.ts';
import { timeLimit } from '../../kernel/time-limit.ts';
import { ClientCertificateError, isHangUp } from './failure.ts';
import type { LoginOptions } from './login.ts';
import { type PreflightOptions, preflight } from './preflight.ts';
import type { NatsTls, ResolvedNatsOptions } from './resolved-options.ts';
import type { ServerUrl } from './server-url.ts';

/** Two unanswered pings end a connection, so a server that froze is noticed within a minute. */
const pingIntervalMs = 20_000;
const maxPingsOut = 2;

/** One attempt on one server. Reconnecting is the link's affair, so that every failure is seen and delays are ours. */
export async function connectOnce(
  server: ServerUrl,
  options: ResolvedNatsOptions,
  login: LoginOptions,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const { tls, connectTimeoutMs } = options;
  const wantsTls = server.needsTls || tls !== undefined;
  const { verifiesClients } = await preflight(
    server,
    { wantsTls, handshakeFirst: await clientCertificate(tls), timeoutMs: connectTimeoutMs },
    timeLimit(connectTimeoutMs, signal),
  );
  const connection = connect({
    servers: [formatSocketAddress(server)],
    name: options.clientName,
    noEcho: !options.hasEcho,
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    timeout: connectTimeoutMs,
    pingInterval: pingIntervalMs,
    maxPingOut: maxPingsOut,
    ...login,
    ...(wantsTls ? { tls: tlsOptions(tls, server) } : {}),
  });
  if (!verifiesClients) return connection;
  return connection.catch((cause: unknown) => {
    throw isHangUp(cause) ? new ClientCertificateError('it hung up', { cause }) : cause;
  });
}

async function clientCertificate(tls: NatsTls | undefined): Promise<PreflightOptions['handshakeFirst']> {
  if (tls?.handshakeFirst !== true) return undefined;
  const { certFile, keyFile } = tls;
  if (certFile === undefined || keyFile === undefined) return {};
  return { cert: await readFile(certFile), key: await readFile(keyFile) };
}

/** The library hands these to `tls.connect`, also those that its own type does not list. */
function tlsOptions(
  tls: NatsTls | undefined,
  { host }: ServerUrl,
): TlsOptions & { readonly host: string; readonly servername?: string } {
  return {
    // Without it the certificate of a server given by its IP address would be checked against "localhost".
    host,
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls?.caFile === undefined ? {} : { caFile: tls.caFile }),
    ...(tls?.certFile === undefined ? {} : { certFile: tls.certFile }),
    ...(tls?.keyFile === undefined ? {} : { keyFile: tls.keyFile }),
    ...(tls?.handshakeFirst === true ? { handshakeFirst: true } : {}),
  };
}
