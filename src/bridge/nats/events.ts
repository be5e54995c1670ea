import { defineEvent } from '../../kernel/telemetry-ports.ts';
import type { FailureKind } from './failure.ts';

export const natsConnected = defineEvent<{ server: string; serverName: string; dropped: number }>({
  counter: 'nats_connects_total',
  help: 'Connections to NATS that were established.',
  labels: [],
  level: 'info',
  message: ({ server, serverName, dropped }) =>
    `connected to NATS at ${server} ("${serverName}")${dropped === 0 ? '' : `; messages dropped meanwhile: ${dropped}`}`,
});

export const natsTakesLess = defineEvent<{ server: string; maxPayload: number; packetSize: number }>({
  counter: 'nats_takes_less_total',
  help: 'Connections to a NATS server whose max_payload is below limits.packetSize.',
  labels: [],
  level: 'warn',
  message: ({ server, maxPayload, packetSize }) =>
    `NATS at ${server} takes messages of up to ${maxPayload} bytes with their headers (max_payload), and clients may send packets of ${packetSize} (limits.packetSize): larger messages are refused or dropped; lower limits.packetSize, or raise max_payload`,
});

export const natsLost = defineEvent<{ server: string; why: string }>({
  counter: 'nats_disconnects_total',
  help: 'Connections to NATS that were lost.',
  labels: [],
  level: 'warn',
  message: ({ server, why }) => `lost the connection to NATS at ${server} (${why}); MQTT goes on, reconnecting`,
});

/** Said once for each new reason, not for every attempt. */
export const natsUnavailable = defineEvent<{ reason: FailureKind; sentence: string }>({
  counter: 'nats_unavailable_total',
  help: 'Times that connecting to NATS began to fail, or to fail for another reason.',
  labels: ['reason'],
  level: 'warn',
  message: ({ sentence }) => `${sentence}; MQTT goes on, trying again`,
});

export const natsAttemptFailed = defineEvent<{ reason: FailureKind; delayMs: number }>({
  counter: 'nats_connect_failures_total',
  help: 'Rounds of attempts to connect to NATS that failed.',
  labels: ['reason'],
  level: 'debug',
  message: ({ reason, delayMs }) => `connecting to NATS failed (${reason}); next attempt in ${delayMs} ms`,
});

export const natsLoginUnreadable = defineEvent<{ error: string }>({
  counter: 'nats_login_unreadable_total',
  help: 'Times that credentials for NATS could not be read again before a connection.',
  labels: [],
  level: 'warn',
  message: ({ error }) => `credentials for NATS cannot be read again, so those read last are used: ${error}`,
});

/** Said once for each text and connection: a forbidden subject fails with every message. */
export const natsError = defineEvent<{ error: string }>({
  counter: 'nats_errors_total',
  help: 'Different errors that NATS reported on a connection.',
  labels: [],
  level: 'warn',
  message: ({ error }) => `NATS reports: ${error}`,
});
