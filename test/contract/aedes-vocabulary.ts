import { Readable } from 'node:stream';
import type {
  QueuedPacket,
  QueueKey,
  SessionStore,
  StoredPacket,
  StoredSubscription,
} from '../../src/broker/session-store.ts';

interface Client {
  readonly id: string;
}
type Key = Partial<QueueKey> & { readonly cmd?: string; readonly messageId?: number };
type Will = StoredPacket & { clientId?: string; brokerId?: string };

/**
 * A store in the words of aedes-persistence, for the suite that it has for its implementers. Of what our stores do not do
 * (lists of clients by filter, counts for each node, wills by node) it keeps the books itself.
 */
export function inAedesWords(store: SessionStore) {
  const clientIds = new Set<string>();
  const nodes = new Map<string, string>();
  const words = {
    broker: undefined as Client | undefined,
    async setup(broker: Client) {
      words.broker = broker;
      await store.start(AbortSignal.timeout(10_000));
    },
    destroy: () => store.stop(AbortSignal.timeout(10_000)),

    storeRetained: (packet: StoredPacket) => store.keep(packet, [], { isRetained: true }),
    createRetainedStream: (filter: string) => words.createRetainedStreamCombi([filter]),
    createRetainedStreamCombi: (filters: readonly string[]) => Readable.from(retained(store, filters)),

    async addSubscriptions({ id }: Client, subscriptions: readonly StoredSubscription[]) {
      clientIds.add(id);
      await store.subscribe(id, subscriptions);
    },
    removeSubscriptions: ({ id }: Client, filters: readonly string[]) => store.unsubscribe(id, filters),
    subscriptionsByClient: ({ id }: Client) => store.subscriptionsOf(id),
    subscriptionsByTopic: async (topic: string) => store.subscribersOf(topic).map((one) => ({ ...one })),
    cleanSubscriptions: ({ id }: Client) => store.endSession(id),
    async countOffline() {
      const all = await Promise.all(Array.from(clientIds, (id) => store.subscriptionsOf(id)));
      const clientsCount = all.filter(({ length }) => length > 0).length;
      return { subsCount: all.flat().filter(({ qos }) => qos > 0).length, clientsCount };
    },
    getClientList: (filter: string) => Readable.from(subscribedTo(store, clientIds, filter)),

    outgoingEnqueue: (target: { readonly clientId: string }, packet: StoredPacket) => store.keep(packet, [target]),
    outgoingEnqueueCombi: (targets: readonly { readonly clientId: string }[], packet: StoredPacket) =>
      store.keep(packet, targets),
    async outgoingUpdate({ id }: Client, packet: QueueKey & Key) {
      if (packet.messageId === undefined) return;
      if (packet.cmd !== 'pubrel') await store.sent(id, packet, packet.messageId);
      else await store.received(id, packet.messageId);
    },
    async outgoingClearMessageId({ id }: Client, { messageId = 0 }: Key) {
      const cleared = await queued(store, id, messageId);
      await store.settled(id, messageId);
      return cleared;
    },
    outgoingStream: ({ id }: Client) => Readable.from(store.queue(id)),

    incomingStorePacket: ({ id }: Client, packet: StoredPacket) =>
      store.keep(packet, [], { exchange: { clientId: id, packetId: packet.messageId ?? 0 } }),
    async incomingGetPacket({ id }: Client, packet: Key) {
      if (await store.isOpen({ clientId: id, packetId: packet.messageId ?? 0 })) return packet;
      throw new Error('no such packet');
    },
    incomingDelPacket: ({ id }: Client, { messageId = 0 }: Key) =>
      store.closeExchange({ clientId: id, packetId: messageId }),

    async putWill({ id }: Client, will: Will) {
      nodes.set(id, words.broker?.id ?? '');
      await store.putWill(Object.assign(will, { clientId: id, brokerId: words.broker?.id ?? '' }));
    },
    async getWill({ id }: Client) {
      for await (const will of store.wills()) if (will.clientId === id) return will;
      return undefined;
    },
    delWill: ({ id }: Client) => store.takeWill(id),
    streamWill: (brokers: object = {}) => Readable.from(willsOfOthers(store, nodes, brokers)),
  };
  return words;
}

async function* retained(store: SessionStore, filters: readonly string[]): AsyncGenerator<StoredPacket, void> {
  for (const filter of filters) for await (const page of store.retained(filter)) yield* page;
}

async function* subscribedTo(
  store: SessionStore,
  clientIds: Iterable<string>,
  filter: string,
): AsyncGenerator<string, void> {
  for (const id of clientIds) if ((await store.subscriptionsOf(id)).some(({ topic }) => topic === filter)) yield id;
}

async function queued(store: SessionStore, clientId: string, messageId: number): Promise<QueuedPacket | undefined> {
  for await (const packet of store.queue(clientId)) if (packet.messageId === messageId) return packet;
  return undefined;
}

async function* willsOfOthers(
  store: SessionStore,
  nodes: ReadonlyMap<string, string>,
  brokers: object,
): AsyncGenerator<StoredPacket, void> {
  for await (const will of store.wills()) if (!Object.hasOwn(brokers, nodes.get(will.clientId) ?? '')) yield will;
}
