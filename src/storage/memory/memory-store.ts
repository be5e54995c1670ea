import { Readable } from 'node:stream';
import type { PacketKey, SessionStore, StoredSession, StoredWill } from '../../broker/session-store.ts';
import type { StoreDeps } from '../drop.ts';
import type { StoreOptions } from '../schema.ts';
import { InboundIdentifiers } from './inbound.ts';
import { Queues } from './queues.ts';
import { RetainedMessages } from './retained.ts';
import { Subscriptions } from './subscriptions.ts';

/** Everything in this process's memory, until it ends. */
export function createMemoryStore(options: StoreOptions, deps: Partial<StoreDeps> = {}): SessionStore {
  const { now = Date.now, onDropped = () => undefined } = deps;
  const subscriptions = new Subscriptions();
  const retained = new RetainedMessages(options.retainedMessages, { now, onDropped });
  const queues = new Queues(options.queuedMessages, { now, onDropped });
  const inbound = new InboundIdentifiers({ now, onDropped });
  const sessions = new Map<string, StoredSession>();
  const wills = new Map<string, StoredWill>();
  let node: { readonly id: string } | undefined;

  return {
    async setup(broker) {
      node = broker;
    },

    storeRetained: async (packet) => retained.store(packet),
    createRetainedStream: (filter) => Readable.from(retained.match([filter])),
    createRetainedStreamCombi: (filters) => Readable.from(retained.match([...filters])),

    addSubscriptions: async ({ id }, added) => subscriptions.add(id, added),
    removeSubscriptions: async ({ id }, filters) => subscriptions.remove(id, filters),
    subscriptionsByClient: async ({ id }) => subscriptions.of(id),
    countOffline: async () => ({ subsCount: subscriptions.queueing, clientsCount: subscriptions.clients }),
    subscribersOf: (topic) => subscriptions.match(topic),
    subscriptionsByTopic: async (topic) => subscriptions.match(topic).map((one) => ({ ...one })),
    putSession: async (session) => void sessions.set(session.clientId, session),
    getSession: async ({ id }) => sessions.get(id),
    streamSessions: () => Readable.from([...sessions.values()]),
    async cleanSubscriptions({ id }) {
      sessions.delete(id);
      subscriptions.removeAll(id);
      queues.clearAll(id);
      inbound.deleteAll(id);
    },

    outgoingEnqueue: async (target, packet) => queues.push([target], packet),
    outgoingEnqueueCombi: async (targets, packet) => queues.push(targets, packet),
    outgoingUpdate: async ({ id }, packet) => queues.update(id, packet),
    outgoingClearMessageId: async ({ id }, packet) => queues.clear(id, packet),
    outgoingStream: ({ id }) => Readable.from(queues.replay(id)),

    incomingStorePacket: async ({ id }, { messageId = 0 }) => inbound.add(id, messageId),
    async incomingGetPacket({ id }, { messageId = 0 }): Promise<PacketKey> {
      if (!inbound.has(id, messageId)) throw notOpen;
      return { messageId };
    },
    incomingDelPacket: async ({ id }, { messageId = 0 }) => inbound.delete(id, messageId),

    async putWill({ id }, will) {
      will.clientId = id;
      will.brokerId = node?.id ?? '';
      wills.set(id, will);
    },
    getWill: async ({ id }) => wills.get(id),
    async delWill({ id }) {
      const will = wills.get(id);
      wills.delete(id);
      return will;
    },
    streamWill: (brokers = {}) => Readable.from(willsOfOthers(wills.values(), brokers)),

    stats: () => ({
      sessions: sessions.size,
      subscriptions: subscriptions.total,
      ...queues.stats(),
      ...retained.stats(),
    }),
    getClientList: (filter) => Readable.from(subscriptions.clientsOf(filter)),
    destroy: async () => undefined,
  };
}

/** The engine's way to ask is a rejection, once for each new QoS 2 message: one error without a stack is enough. */
const notOpen = Object.freeze(new Error('no QoS 2 exchange is open under this packet identifier'));

function* willsOfOthers(
  wills: Iterable<StoredWill>,
  brokers: Readonly<Record<string, unknown>>,
): Generator<StoredWill, void> {
  for (const will of wills) if (!Object.hasOwn(brokers, will.brokerId ?? '')) yield will;
}
