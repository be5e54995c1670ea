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

/** Said once for each text and connection: a forbidden subject fails with every message. */
export const natsError = defineEvent<{ error: string }>({
  counter: 'nats_errors_total',
  help: 'Different errors that NATS reported on a connection.',
  labels: [],
  level: 'warn',
  message: ({ error }) => `NATS reports: ${error}`,
});
