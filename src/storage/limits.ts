import { StoreError } from '../kernel/errors.ts';
import type { QueueLimits, StoreLimits } from './schema.ts';

/** What is in a queue, or in all of them. */
export interface Size {
  messages: number;
  bytes: number;
}

export const emptySize = (): Size => ({ messages: 0, bytes: 0 });

/** What becomes of a message that is to be queued; at `drop-oldest` room is made until it `fits`. */
export type Admission = 'fits' | QueueLimits['onFull'];

/** @param bytes of the new message. A message larger than the whole queue makes no room for itself. */
export function admit(queue: Size, bytes: number, limits: QueueLimits): Admission {
  if (queue.messages < limits.messages && queue.bytes + bytes <= limits.bytes) return 'fits';
  if (bytes > limits.bytes && limits.onFull === 'drop-oldest') return 'drop-newest';
  return limits.onFull;
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

export const storeRefused = ({ maxBytes }: StoreLimits): StoreError =>
  new StoreError(
    'store-full',
    `the store holds the ${maxBytes} bytes of messages that store.maxBytes allows; the message was refused`,
  );
