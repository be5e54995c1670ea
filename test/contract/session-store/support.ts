import * as fc from 'fast-check';
import { expect } from 'vitest';
import type {
  QueuedPacket,
  SessionStore,
  StoredPacket,
  StoredSubscription,
} from '../../../src/broker/session-store.ts';
import type { Qos } from '../../../src/plane/message.ts';
import type { StoreDeps } from '../../../src/storage/drop.ts';
import { type StoreOptions, storeSchema } from '../../../src/storage/schema.ts';

/** What every store limits; the oldest message of a queue makes room, and a new topic is not retained. */
export interface ContractLimits {
  readonly queuedMessages?: number;
  readonly retainedMessages?: number;
}
/** Opens an empty store that has been set up for the node `node-1`. */
export type OpenStore = (limits?: ContractLimits, deps?: Partial<StoreDeps>) => Promise<SessionStore & AsyncDisposable>;

/** The same in the terms of the configuration. */
export const contractLimits = ({ queuedMessages, retainedMessages }: ContractLimits): StoreOptions =>
  storeSchema.parse({
    queue: queuedMessages === undefined ? {} : { messages: queuedMessages },
    retained: retainedMessages === undefined ? {} : { messages: retainedMessages },
  });

export const alice = { id: 'alice' };
export const bob = { id: 'bob' };

let counter = 0;
/** A message with an identity of its own. */
export const message = (topic: string, changes: Partial<StoredPacket> = {}): StoredPacket => {
  counter += 1;
  const identity = { brokerId: 'node-1', brokerCounter: counter };
  return {
    cmd: 'publish',
    topic,
    payload: Buffer.from('x'),
    qos: 1,
    retain: false,
    dup: false,
    ...identity,
    ...changes,
  };
};
export const subscription = (
  topic: string,
  qos: Qos = 1,
  changes: Partial<StoredSubscription> = {},
): StoredSubscription => ({ topic, qos, rh: 0, rap: false, nl: false, ...changes });

/** Everything a stream yields; the caller says what that is. */
export const read = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of stream) list.push(item);
  return list;
};
export const queueOf = (store: SessionStore, session = alice): Promise<QueuedPacket[]> =>
  read<QueuedPacket>(store.outgoingStream(session));
export const messagesOf = async (store: SessionStore, session = alice): Promise<StoredPacket[]> =>
  (await queueOf(store, session)).filter((packet): packet is StoredPacket => packet.cmd !== 'pubrel');
/** Read in pages, and as a stream, which must give the same. */
export async function retained(store: SessionStore, ...filters: string[]): Promise<StoredPacket[]> {
  const found: StoredPacket[] = [];
  for (const filter of filters) for await (const page of store.retained(filter)) found.push(...page);
  expect(await read<StoredPacket>(store.createRetainedStreamCombi(filters))).toEqual(found);
  return found;
}
export const retainedTopics = async (store: SessionStore, ...filters: string[]): Promise<string[]> =>
  (await retained(store, ...filters)).map(({ topic }) => topic).sort();

/** Queues a message the way the engine does. */
export async function publish(store: SessionStore, packet: StoredPacket): Promise<StoredPacket> {
  await store.outgoingEnqueueCombi(await store.subscriptionsByTopic(packet.topic), packet);
  return packet;
}
export const sent = (store: SessionStore, packet: StoredPacket, messageId: number): Promise<void> =>
  store.outgoingUpdate(alice, { ...packet, messageId });

const level = fc.constantFrom('', 'a', 'b', '$s');
export const topicNames = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
export const topicFilters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 0, maxLength: 4 }), fc.boolean())
  .map(([levels, hasRest]) => [...levels, ...(hasRest || levels.length === 0 ? ['#'] : [])].join('/'));
