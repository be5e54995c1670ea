import type { AlsoKept, QueueTarget, StoredMessage, StoredSession, StoredSubscription } from '../broker/store-port.ts';
import { StoreError } from '../kernel/errors.ts';
import type { StoreDeps } from './drop.ts';
import type { ExchangeLimits, QueueLimits, StoreLimits } from './schema.ts';

/** What is in a queue, or in all of them. */
export interface Size {
  messages: number;
  bytes: number;
}

export const emptySize = (): Size => ({ messages: 0, bytes: 0 });

/** What becomes of a message that is to be queued; at `drop-oldest` room is made until it `fits`. */
type QueueFit = 'fits' | QueueLimits['onFull'];

/** @param bytes of the new message. A message larger than the whole queue makes no room for itself. */
export function admit(queue: Size, bytes: number, limits: QueueLimits): QueueFit {
  if (queue.messages < limits.messages && queue.bytes + bytes <= limits.bytes) return 'fits';
  if (bytes > limits.bytes && limits.onFull === 'drop-oldest') return 'drop-newest';
  return limits.onFull;
}

/** Why a message that was never sent is not sent any more. */
export type Lapse = 'expired' | 'too-old';

/** Of a message that was never sent; times are milliseconds since the epoch. @param ageMs undefined for no limit. */
export function lapseAt(
  now: number,
  { expiresAt, queuedAt }: { readonly expiresAt: number | undefined; readonly queuedAt: number },
  ageMs: number | undefined,
): Lapse | undefined {
  if (expiresAt !== undefined && expiresAt <= now) return 'expired';
  return ageMs !== undefined && queuedAt + ageMs <= now ? 'too-old' : undefined;
}

export const queueRefused = (clientId: string, { messages, bytes }: QueueLimits): StoreError =>
  new StoreError(
    'store-full',
    `the queue of client "${clientId}" is full (store.queue allows ${messages} messages and ${bytes} bytes); the message was refused`,
    { details: { clientId } },
  );

export const retainedRefused = (topic: string, { retained }: StoreLimits): StoreError =>
  new StoreError(
    'store-full',
    `topic "${topic}" cannot be retained (store.retained allows ${retained.messages} topics and ${retained.bytes} bytes)`,
    { details: { topic } },
  );

/**
 * Whether a message may be retained; reports it where it may not.
 * @param more what it adds to the `total`: no message where it takes the place of one.
 * @throws StoreError store-full where `onFull` is `refuse`.
 */
export function retainedFits(
  topic: string,
  more: Size,
  total: Size,
  limits: StoreLimits,
  { onDropped }: Pick<StoreDeps, 'onDropped'>,
): boolean {
  const { messages, bytes, onFull } = limits.retained;
  if (total.messages + more.messages <= messages && total.bytes + more.bytes <= bytes) return true;
  const isRefused = onFull === 'refuse';
  onDropped({ reason: isRefused ? 'refused' : 'retained-full', topic });
  if (isRefused) throw retainedRefused(topic, limits);
  return false;
}

export const exchangeRefused = (clientId: string, { total, perSession }: ExchangeLimits): StoreError =>
  new StoreError(
    'store-full',
    `too many QoS 2 messages are not released (store.exchanges allows ${perSession} of client "${clientId}" and ${total} of all); the message was refused`,
    { details: { clientId } },
  );

/** About what a record costs beside its texts, in memory and on disk: keys, numbers, places in maps. */
const overheadBytes = 256;

/** What a session, a subscription or a will counts for in `store.maxBytes`. */
export const recordBytes = (...texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text), overheadBytes);

export const sessionBytes = ({ clientId, principal, trust = '' }: StoredSession): number =>
  recordBytes(clientId, principal, trust);

export const subscriptionBytes = ({ filter }: Pick<StoredSubscription, 'filter'>): number => recordBytes(filter);

/**
 * @param held bytes of those that are in memory
 * @param more bytes of those that are to be added for this client
 * @throws StoreError store-full
 */
export function requireSubscriptionRoom(
  clientId: string,
  { held, more }: { readonly held: number; readonly more: number },
  { subscriptions }: Pick<StoreLimits, 'subscriptions'>,
  { onDropped }: Pick<StoreDeps, 'onDropped'>,
): void {
  if (more === 0 || held + more <= subscriptions) return;
  onDropped({ reason: 'subscriptions-full', clientId });
  throw new StoreError(
    'store-full',
    `the subscriptions of all sessions have ${held} bytes (store.subscriptions allows ${subscriptions}); ${more} more of client "${clientId}" are refused`,
    { details: { clientId } },
  );
}

/** Of an open QoS 2 exchange; the disk repeats the client id. */
export const exchangeBytes = (clientId: string): number => 64 + Buffer.byteLength(clientId);

/** How often a message will stand in the store; to take away what is retained needs no place. */
export const copiesOf = (
  { payload }: StoredMessage,
  targets: readonly QueueTarget[],
  { isRetained = false }: AlsoKept,
): number => targets.length + (isRetained && payload.length > 0 ? 1 : 0);

/** What it needs in `store.maxBytes`, however often it will stand there. */
export const keptBytes = (copies: number, size: number, { exchange }: AlsoKept): number =>
  (copies > 0 ? size : 0) + (exchange === undefined ? 0 : exchangeBytes(exchange.clientId));

export const storeRefused = ({ maxBytes }: StoreLimits): StoreError =>
  new StoreError(
    'store-full',
    `the store holds the ${maxBytes} bytes that store.maxBytes allows; what was to be added is refused`,
  );
