import { Readable } from 'node:stream';
import type {
  OpenedExchange,
  PacketKey,
  QueueTarget,
  SessionStore,
  StoredPacket,
  StoredSession,
} from '../../broker/session-store.ts';
import { bytesOf } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { storeRefused } from '../limits.ts';
import type { StoreLimits } from '../schema.ts';
import { InboundIdentifiers } from './inbound.ts';
import { Queues } from './queues.ts';
import { RetainedMessages } from './retained.ts';
import { Subscriptions } from './subscriptions.ts';
import { willMethods } from './wills.ts';

/** Everything in this process's memory, until it ends. */
export function createMemoryStore(limits: StoreLimits, deps: Partial<StoreDeps> = {}): SessionStore {
  const { now = Date.now, onDropped = () => undefined } = deps;
  const subscriptions = new Subscriptions();
  const retained = new RetainedMessages(limits, { now, onDropped });
  const queues = new Queues(limits.queue, { now, onDropped });
  const inbound = new InboundIdentifiers(limits.exchanges, { onDropped });
  const sessions = new Map<string, StoredSession>();
  let node: { readonly id: string } | undefined;
  const wills = willMethods(() => node?.id ?? '');

  const requireRoom = (packet: StoredPacket): void => {
    if (queues.total.bytes + retained.total.bytes + bytesOf(packet) <= limits.maxBytes) return;
    onDropped({ reason: 'refused', topic: packet.topic });
    throw storeRefused(limits);
  };
  const enqueue = async (
    targets: readonly QueueTarget[],
    packet: StoredPacket,
    exchange?: OpenedExchange,
  ): Promise<void> => {
    if (exchange !== undefined) inbound.requireRoom(exchange.id, exchange.messageId);
    requireRoom(packet);
    queues.push(targets, packet);
    if (exchange !== undefined) inbound.add(exchange.id, exchange.messageId);
  };

  return {
    async setup(broker) {
      node = broker;
    },

    async storeRetained(packet) {
      if (packet.payload.length > 0) requireRoom(packet);
      retained.store(packet);
    },
    retained: (filter) => retained.pages(filter),
    createRetainedStream: (filter) => Readable.from(retained.match([filter])),
    createRetainedStreamCombi: (filters) => Readable.from(retained.match([...filters])),

    addSubscriptions: async ({ id }, added) => subscriptions.add(id, added),
    removeSubscriptions: async ({ id }, filters) => subscriptions.remove(id, filters),
    subscriptionsByClient: async ({ id }) => subscriptions.of(id),
    countOffline: async () => ({ subsCount: subscriptions.queueing, clientsCount: subscriptions.clients }),
    subscribersOf: (topic) => subscriptions.match(topic),
    subscriptionsByTopic: async (topic) => subscriptions.match(topic).map((one) => ({ ...one })),
    putSession: async (session) => void sessions.set(session.clientId, { ...session }),
    getSession: async ({ id }) => copyOf(sessions.get(id)),
    streamSessions: () => Readable.from([[...sessions.values()]]),
    async cleanSubscriptions({ id }) {
      sessions.delete(id);
      subscriptions.removeAll(id);
      queues.clearAll(id);
      inbound.deleteAll(id);
    },

    outgoingEnqueue: (target, packet) => enqueue([target], packet),
    outgoingEnqueueCombi: enqueue,
    outgoingUpdate: async ({ id }, packet) => queues.update(id, packet),
    outgoingClearMessageId: async ({ id }, packet) => queues.clear(id, packet),
    outgoingStream: ({ id }) => Readable.from(queues.replay(id)),

    async incomingStorePacket({ id }, { messageId = 0 }) {
      inbound.requireRoom(id, messageId);
      inbound.add(id, messageId);
    },
    async incomingGetPacket({ id }, { messageId = 0 }): Promise<PacketKey> {
      if (!inbound.has(id, messageId)) throw notOpen;
      return { messageId };
    },
    incomingDelPacket: async ({ id }, { messageId = 0 }) => inbound.delete(id, messageId),

    ...wills,

    stats: () => ({
      sessions: sessions.size,
      subscriptions: subscriptions.total,
      queuedMessages: queues.total.messages,
      queuedBytes: queues.total.bytes,
      retainedMessages: retained.total.messages,
      retainedBytes: retained.total.bytes,
    }),
    getClientList: (filter) => Readable.from(subscriptions.clientsOf(filter)),
    destroy: async () => undefined,
  };
}

/** The engine's way to ask is a rejection, once for each new QoS 2 message: one error without a stack is enough. */
const notOpen = Object.freeze(new Error('no QoS 2 exchange is open under this packet identifier'));

const copyOf = <T extends object>(one: T | undefined): T | undefined => (one === undefined ? undefined : { ...one });
