import * as fc from 'fast-check';
import type {
  QueuedPacket,
  QueueKey,
  Store,
  StoredMessage,
  StoredSubscription,
} from '../../../src/broker/store-port.ts';
import type { Qos } from '../../../src/plane/message.ts';
import type { StoreDeps } from '../../../src/storage/drop.ts';
import { type StoreOptions, storeSchema } from '../../../src/storage/schema.ts';

/** What every store limits; the oldest message of a queue makes room, and a new topic is not retained. */
export interface ContractLimits {
  readonly queuedMessages?: number;
  readonly retainedMessages?: number;
}
/** Opens an empty store that has been set up for the node `node-1`. */
export type OpenStore = (limits?: ContractLimits, deps?: Partial<StoreDeps>) => Promise<Store & AsyncDisposable>;

/** The same in the terms of the configuration. */
export const contractLimits = ({ queuedMessages, retainedMessages }: ContractLimits): StoreOptions =>
  storeSchema.parse({
    queue: queuedMessages === undefined ? {} : { messages: queuedMessages },
    retained: retainedMessages === undefined ? {} : { messages: retainedMessages },
  });

export const alice = 'alice';
export const bob = 'bob';

export type NamedPacket = StoredMessage & QueueKey;

let counter = 0;
/** A message with a name of its own. */
export const message = (topic: string, changes: Partial<StoredMessage> = {}): NamedPacket => {
  counter += 1;
  const name = { runId: 'node-1', counter };
  const packet = {
    cmd: 'publish' as const,
    topic,
    payload: Buffer.from('x'),
    qos: 1 as const,
    retain: false,
    dup: false,
    ...name,
    ...changes,
  };
  return packet as NamedPacket; // but where the changes take the name away
};
export const subscription = (
  filter: string,
  qos: Qos = 1,
  changes: Partial<StoredSubscription> = {},
): StoredSubscription => ({ filter, qos, retainHandling: 0, retainAsPublished: false, noLocal: false, ...changes });

/** Everything that is to be read. */
export const read = async <T>(source: Iterable<T> | AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of source) list.push(item);
  return list;
};
export const queueOf = (store: Store, clientId = alice): Promise<QueuedPacket[]> => read(store.queue(clientId));
export const messagesOf = async (store: Store, clientId = alice): Promise<StoredMessage[]> =>
  (await queueOf(store, clientId)).filter((packet): packet is StoredMessage => packet.cmd !== 'pubrel');
export async function retained(store: Store, ...filters: string[]): Promise<StoredMessage[]> {
  const found: StoredMessage[] = [];
  for (const filter of filters) for await (const page of store.retained(filter)) found.push(...page);
  return found;
}
export const retainedTopics = async (store: Store, ...filters: string[]): Promise<string[]> =>
  (await retained(store, ...filters)).map(({ topic }) => topic).sort();

/** Queues a message for all that subscribed to its topic. */
export async function publish<T extends StoredMessage>(store: Store, packet: T): Promise<T> {
  await store.keep(packet, store.subscribersOf(packet.topic));
  return packet;
}
/** Keeps it as the retained message of its topic. */
export const retain = (store: Store, packet: StoredMessage): Promise<void> =>
  store.keep(packet, [], { isRetained: true });
/** Opens an exchange of a message that stands in no queue. */
export const openExchange = (store: Store, clientId: string, packetId: number): Promise<void> =>
  store.keep(message('opened', { qos: 2 }), [], { exchange: { clientId, packetId } });
export const sent = (store: Store, packet: QueueKey, packetId: number): Promise<void> =>
  store.markSent(alice, packet, packetId);

const level = fc.constantFrom('', 'a', 'b', '$s');
export const topicNames = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
export const topicFilters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 0, maxLength: 4 }), fc.boolean())
  .map(([levels, hasRest]) => [...levels, ...(hasRest || levels.length === 0 ? ['#'] : [])].join('/'));
