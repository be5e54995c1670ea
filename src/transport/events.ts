import { type HttpDropReason, httpDropSentences } from '../http/server/connections.ts';
import { formatSocketAddress } from '../kernel/address.ts';
import { defineEvent } from '../kernel/telemetry-ports.ts';
import type { RefusalReason } from './connection-refusal.ts';

/** Where a connection came from. */
interface Origin {
  readonly listener: string;
  readonly address: string;
  readonly port: number;
}

const from = ({ address, port }: Origin): string => formatSocketAddress({ host: address, port });

export const connectionRefused = defineEvent<{
  listener: string;
  address: string;
  port: number;
  reason: RefusalReason;
  detail: string;
}>({
  counter: 'connections_refused_total',
  help: 'Connections refused before any MQTT packet: TLS handshake, wrong protocol, bad WebSocket request.',
  labels: ['listener', 'reason'],
  level: 'warn',
  isSecurity: true,
  message: (fields) => `listener ${fields.listener}: refused ${from(fields)}: ${fields.detail}`,
});

export const connectionRevoked = defineEvent<{ listener: string; detail: string }>({
  counter: 'connections_revoked_total',
  help: 'Open connections that were closed because their certificate was revoked.',
  labels: ['listener'],
  level: 'warn',
  isSecurity: true,
  message: ({ listener, detail }) => `listener ${listener}: closed an open connection: ${detail}`,
});

export const connectionExpired = defineEvent<{ listener: string; detail: string }>({
  counter: 'connections_expired_total',
  help: 'Open connections that were closed because their certificate ended (certificates.closeExpired).',
  labels: ['listener'],
  level: 'warn',
  isSecurity: true,
  message: ({ listener, detail }) => `listener ${listener}: closed an open connection: ${detail}`,
});

export const keyLogIsOn = defineEvent<{ listener: string; file: string }>({
  counter: 'tls_key_logs_total',
  help: 'Listeners that write the secrets of their TLS connections into a file.',
  labels: ['listener'],
  level: 'error', // whatever the level of the log, nobody is to miss it
  isSecurity: true,
  message: ({ listener, file }) =>
    `listener ${listener}: KEY LOG IS ON: whoever reads ${file} can decrypt every TLS connection of this listener; for debugging only, take keyLog out and delete the file afterwards`,
});

export const connectionAbandoned = defineEvent<{ listener: string; address: string; port: number }>({
  counter: 'connections_abandoned_total',
  help: 'Connections that the client closed before it had said what it wants.',
  labels: ['listener'],
  level: 'debug',
  message: (fields) => `listener ${fields.listener}: ${from(fields)} left before its first packet`,
});

/** Counted one by one; the log shows them in sums, so that a flood of connections is no flood of lines. */
export const connectionDropped = defineEvent<{
  listener: string;
  address: string;
  port: number;
  reason: ConnectionDropReason;
}>({
  counter: 'connections_dropped_total',
  help: 'Connections closed by a limit of the listener: handshake-timeout, max-pending, max-connections, address-connections, banned, connection-rate, handshake-rate, http-connections, http-pipelining, http-response-timeout, http-response-bytes.',
  labels: ['listener', 'reason'],
  level: 'debug',
  message: (fields) => `listener ${fields.listener}: dropped ${from(fields)}: ${dropSentences[fields.reason]}`,
});

export type ConnectionDropReason =
  | 'handshake-timeout'
  | 'max-pending'
  | 'max-connections'
  | 'address-connections'
  | 'banned'
  | 'connection-rate'
  | 'handshake-rate'
  | HttpDropReason;

export const dropSentences: Readonly<Record<ConnectionDropReason, string>> = {
  'handshake-timeout': 'no TLS handshake or first packet within handshakeTimeout',
  'max-pending': 'the oldest in the handshake made room: maxPending or maxConnections is reached',
  'max-connections': 'maxConnections is reached',
  'address-connections': 'maxConnectionsPerAddress is reached',
  banned: 'its address is banned (access.bans)',
  'connection-rate': 'more connections than connectionRate allows',
  'handshake-rate': 'more TLS handshakes than handshakeRate allows',
  ...httpDropSentences,
};
