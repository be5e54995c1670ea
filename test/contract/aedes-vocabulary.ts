import { Readable } from 'node:stream';
import type {
  MatchedSubscription,
  QueuedPacket,
  QueueTarget,
  Store,
  StoredMessage,
  StoredSubscription,
} from '../../src/broker/store-port.ts';
import type { Qos } from '../../src/plane/message.ts';

interface Client {
  readonly id: string;
}
interface Key {
  readonly cmd?: string;
  readonly messageId?: number | undefined;
  readonly brokerId?: string | undefined;
  readonly brokerCounter?: number | undefined;
}
type Packet = Omit<StoredMessage, 'runId' | 'counter' | 'packetId' | 'expiresAt'> &
  Key & { readonly messageExpiry?: number };
type Will = Packet & { clientId?: string };
interface Subscription {
  readonly topic: string;
  readonly qos: Qos;
  readonly rh?: number | undefined;
  readonly rap?: boolean | undefined;
  readonly nl?: boolean | undefined;
  readonly subscriptionIdentifier?: number | undefined;
}
type Target = Partial<Subscription> & { readonly clientId: string };

type Names = Readonly<Record<string, string>>;
const packetNames: Names = {
  brokerId: 'runId',
  brokerCounter: 'counter',
  messageId: 'packetId',
  messageExpiry: 'expiresAt',
};
const subscriptionNames: Names = {
  topic: 'filter',
  rh: 'retainHandling',
  rap: 'retainAsPublished',
  nl: 'noLocal',
  subscriptionIdentifier: 'identifier',
};
const reversed = (names: Names): Names =>
  Object.fromEntries(Object.entries(names).map(([theirs, ours]) => [ours, theirs]));
const renamed = (value: object, names: Names): object =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [names[name] ?? name, one]));

const toOurs = (packet: Packet): StoredMessage => renamed(packet, packetNames) as StoredMessage;
const toTheirs = (packet: QueuedPacket): object => renamed(packet, reversed(packetNames));
const ourTarget = (target: Target): QueueTarget => renamed(target, subscriptionNames) as QueueTarget;
const ourSubscription = (subscription: Subscription): StoredSubscription =>
  renamed(subscription, subscriptionNames) as StoredSubscription;
const theirSubscription = (subscription: StoredSubscription | MatchedSubscription): object =>
  renamed(subscription, reversed(subscriptionNames));

/**
 * A store in the words of aedes-persistence, for the suite that it has for its implementers. Of what our stores do not do
 * (lists of clients by filter, counts for each node, wills by node) it keeps the books itself.
 */
export function inAedesWords(store: Store) {
  const clientIds = new Set<string>();
  const nodes = new Map<string, string>();
  const words = {
    broker: undefined as Client | undefined,
    async setup(broker: Client) {
      words.broker = broker;
      await store.start(AbortSignal.timeout(10_000));
    },
    destroy: () => store.stop(AbortSignal.timeout(10_000)),

    storeRetained: (packet: Packet) => store.keep(toOurs(packet), [], { isRetained: true }),
    createRetainedStream: (filter: string) => words.createRetainedStreamCombi([filter]),
    createRetainedStreamCombi: (filters: readonly string[]) => Readable.from(retained(store, filters)),

    async addSubscriptions({ id }: Client, subscriptions: readonly Subscription[]) {
      clientIds.add(id);
      await store.subscribe(id, subscriptions.map(ourSubscription));
    },
    removeSubscriptions: ({ id }: Client, filters: readonly string[]) => store.unsubscribe(id, filters),
    subscriptionsByClient: async ({ id }: Client) => (await store.subscriptionsOf(id)).map(theirSubscription),
    subscriptionsByTopic: async (topic: string) => store.subscribersOf(topic).map(theirSubscription),
    cleanSubscriptions: ({ id }: Client) => store.endSession(id),
    async countOffline() {
      const all = await Promise.all(Array.from(clientIds, (id) => store.subscriptionsOf(id)));
      const clientsCount = all.filter(({ length }) => length > 0).length;
      return { subsCount: all.flat().filter(({ qos }) => qos > 0).length, clientsCount };
    },
    getClientList: (filter: string) => Readable.from(subscribedTo(store, clientIds, filter)),

    outgoingEnqueue: (target: Target, packet: Packet) => store.keep(toOurs(packet), [ourTarget(target)]),
    outgoingEnqueueCombi: (targets: readonly Target[], packet: Packet) =>
      store.keep(toOurs(packet), targets.map(ourTarget)),
    async outgoingUpdate({ id }: Client, { cmd, messageId, brokerId = '', brokerCounter = 0 }: Key) {
      if (messageId === undefined) return;
      if (cmd === 'pubrel') await store.markReceived(id, messageId);
      else await store.markSent(id, { runId: brokerId, counter: brokerCounter }, messageId);
    },
    async outgoingClearMessageId({ id }: Client, { messageId = 0 }: Key) {
      const cleared = await queued(store, id, messageId);
      await store.settle(id, messageId);
      return cleared;
    },
    outgoingStream: ({ id }: Client) => Readable.from(theirQueue(store, id)),

    incomingStorePacket: ({ id }: Client, packet: Packet) =>
      store.keep(toOurs(packet), [], { exchange: { clientId: id, packetId: packet.messageId ?? 0 } }),
    async incomingGetPacket({ id }: Client, packet: Key) {
      if (await store.isOpen({ clientId: id, packetId: packet.messageId ?? 0 })) return packet;
      throw new Error('no such packet');
    },
    incomingDelPacket: ({ id }: Client, { messageId = 0 }: Key) =>
      store.closeExchange({ clientId: id, packetId: messageId }),

    async putWill({ id }: Client, will: Will) {
      nodes.set(id, words.broker?.id ?? '');
      Object.assign(will, { clientId: id, brokerId: words.broker?.id ?? '' });
      await store.putWill({ ...toOurs(will), clientId: id });
    },
    async getWill({ id }: Client) {
      for await (const will of store.wills()) if (will.clientId === id) return toTheirs(will);
      return undefined;
    },
    async delWill({ id }: Client) {
      const will = await store.takeWill(id);
      return will && toTheirs(will);
    },
    streamWill: (brokers: object = {}) => Readable.from(willsOfOthers(store, nodes, brokers)),
  };
  return words;
}

async function* retained(store: Store, filters: readonly string[]): AsyncGenerator<object, void> {
  for (const filter of filters)
    for await (const page of store.retained(filter)) for (const packet of page) yield toTheirs(packet);
}

async function* subscribedTo(store: Store, clientIds: Iterable<string>, filter: string): AsyncGenerator<string, void> {
  for (const id of clientIds) if ((await store.subscriptionsOf(id)).some((one) => one.filter === filter)) yield id;
}

async function* theirQueue(store: Store, clientId: string): AsyncGenerator<object, void> {
  for await (const packet of store.queue(clientId)) yield toTheirs(packet);
}

async function queued(store: Store, clientId: string, packetId: number): Promise<object | undefined> {
  for await (const packet of store.queue(clientId)) if (packet.packetId === packetId) return toTheirs(packet);
  return undefined;
}

async function* willsOfOthers(
  store: Store,
  nodes: ReadonlyMap<string, string>,
  brokers: object,
): AsyncGenerator<object, void> {
  for await (const will of store.wills())
    if (!Object.hasOwn(brokers, nodes.get(will.clientId) ?? '')) yield toTheirs(will);
}
