import { putNewest } from '../kernel/newest.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { defineEvent } from '../kernel/telemetry-ports.ts';
import type { Drop, ReportDrop } from './drop.ts';

const whatHappened: Readonly<Record<Drop['reason'], string>> = {
  'queue-full': 'a message was dropped because the queue is full; raise store.queue.messages or store.queue.bytes',
  'retained-full': 'a message was not retained; raise store.retained.messages or store.retained.bytes',
  'exchanges-full':
    'a QoS 2 message was refused, as too many are not released; raise store.exchanges.total or store.exchanges.perSession',
  'subscriptions-full':
    'subscriptions were refused, as those of all sessions have no more room; raise store.subscriptions, or let sessions end earlier',
  expired: 'a stored message had expired',
  'too-old': 'a queued message had waited longer than store.queue.age',
  refused: 'a message was refused because a limit of the store is reached or its disk is full',
};

interface DroppedFields extends Record<string, string | undefined> {
  readonly reason: Drop['reason'];
  readonly clientId: string | undefined;
  readonly topic: string | undefined;
}

/** One line for each message would drown the log when a queue is full, so it is written at `debug` only. */
export const storeDropped = defineEvent<DroppedFields>({
  counter: 'store_dropped_total',
  help: 'What the store let go because a limit was reached or its time had come.',
  labels: ['reason'],
  level: 'debug',
  message: ({ reason, clientId, topic }) => {
    const owner = clientId === undefined ? '' : ` of client "${clientId}"`;
    return `store${owner}${topic === undefined ? '' : `, topic "${topic}"`}: ${whatHappened[reason]}`;
  },
});

interface FailedFields extends Record<string, string> {
  readonly error: string;
}

export const storeFailed = defineEvent<FailedFields>({
  counter: 'store_failed_total',
  help: 'Times the store could not write or read. What was not stored was not acknowledged.',
  labels: [],
  level: 'error',
  message: ({ error }) => `store: ${error}`,
});

const storeFilesMended = defineEvent<{ readonly paths: string }>({
  counter: 'store_files_mended_total',
  help: 'Times that files of the store could be read by other users of this machine, and were made private.',
  labels: [],
  level: 'warn',
  message: ({ paths }) =>
    `other users of this machine could read ${paths}; they cannot any more, but may have read what was in there`,
});

/** Tells of files that others could read. */
export const reportMended =
  (events: Events) =>
  (paths: readonly string[]): void =>
    events.emit(storeFilesMended, { paths: paths.join(', ') });

const queueDropping = defineEvent<{ readonly clientId: string }>({
  counter: 'store_queue_dropping_total',
  help: 'Times the log told of a full queue that drops messages: with the first, and once a minute while it goes on.',
  labels: [],
  level: 'warn',
  message: ({ clientId }) =>
    `the queue of client "${clientId}" is full and drops messages; raise store.queue.messages or store.queue.bytes, or let the client come and read faster`,
});

const tellAgainMs = 60_000;
/** Clients of which it is remembered when the log told of them. */
const maxTold = 1_024;

/** Turns what a store lets go into events. @param now milliseconds since the epoch */
export function reportDrops(events: Events, now: () => number): ReportDrop {
  const told = new Map<string, number>();
  return ({ reason, clientId, topic }) => {
    events.emit(storeDropped, { reason, clientId, topic });
    if (reason !== 'queue-full' || clientId === undefined) return;
    const at = now();
    if (at - (told.get(clientId) ?? Number.NEGATIVE_INFINITY) < tellAgainMs) return;
    putNewest(told, clientId, at, maxTold);
    events.emit(queueDropping, { clientId });
  };
}

interface OutboxLeftFields extends Record<string, string | number> {
  readonly rule: string;
  readonly messages: number;
}

export const outboxLeft = defineEvent<OutboxLeftFields>({
  counter: 'outbox_left_total',
  help: 'Times the outbox held messages of a rule that does not exist any more.',
  labels: [],
  level: 'warn',
  message: ({ rule, messages }) =>
    `the outbox holds ${messages} messages of the rule "${rule}", which does not exist or has no ack: nats; they wait for it until they are older than bridge.outbox.age`,
});
