import { Readable } from 'node:stream';
import type { OpenedExchange, QueueTarget, SessionStore, StoredPacket } from '../../broker/session-store.ts';
import { bytesOf } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { sessionBytes, storeRefused, subscriptionBytes } from '../limits.ts';
import type { StoreLimits } from '../schema.ts';
import { exchangeMethods } from './exchange-methods.ts';
import { InboundIdentifiers } from './inbound.ts';
import { Queues } from './queues.ts';
import { RetainedMessages } from './retained.ts';
import { SessionTable } from './session-table.ts';
import { Subscriptions } from './subscriptions.ts';
import { memoryWills } from './wills.ts';

/** Everything in this process's memory, until it ends. */
export function createMemoryStore(limits: StoreLimits, deps: Partial<StoreDeps> = {}): SessionStore {
  const { now = Date.now, onDropped = () => undefined } = deps;
  const subscriptions = new Subscriptions();
  const retained = new RetainedMessages(limits, { now, onDropped });
  const queues = new Queues(limits.queue, { now, onDropped });
  const inbound = new InboundIdentifiers(limits.exchanges, { onDropped });
  const sessions = new SessionTable();
  let node: { readonly id: string } | undefined;
  const wills = memoryWills(
    () => node?.id ?? '',
    (bytes) => requireRoom(bytes),
  );

  const requireRoom = (bytes: number, topic?: string): void => {
    const held = queues.total.bytes + retained.total.bytes + sessions.bytes + subscriptions.bytes;
    if (bytes <= 0 || held + inbound.bytes + wills.bytes() + bytes <= limits.maxBytes) return;
    onDropped({ reason: 'refused', ...(topic === undefined ? {} : { topic }) });
    throw storeRefused(limits);
  };
  const enqueue = async (
    targets: readonly QueueTarget[],
    packet: StoredPacket,
    exchange?: OpenedExchange,
  ): Promise<void> => {
    if (exchange !== undefined) inbound.requireRoom(exchange.id, exchange.messageId);
    requireRoom(bytesOf(packet), packet.topic);
    queues.push(targets, packet);
    if (exchange !== undefined) inbound.add(exchange.id, exchange.messageId);
  };

  return {
    async setup(broker) {
      node = broker;
    },

    async storeRetained(packet) {
      if (packet.payload.length > 0) requireRoom(bytesOf(packet), packet.topic);
      retained.store(packet);
    },
    retained: (filter) => retained.pages(filter),
    createRetainedStream: (filter) => Readable.from(retained.match([filter])),
    createRetainedStreamCombi: (filters) => Readable.from(retained.match([...filters])),

    async addSubscriptions({ id }, added) {
      requireRoom(added.reduce((sum, one) => sum + subscriptionBytes(one), 0));
      subscriptions.add(id, added);
    },
    removeSubscriptions: async ({ id }, filters) => subscriptions.remove(id, filters),
    hasShared: ({ id }) => subscriptions.hasShared(id),
    subscriptionsByClient: async ({ id }) => subscriptions.of(id),
    countOffline: async () => ({ subsCount: subscriptions.queueing, clientsCount: subscriptions.clients }),
    subscribersOf: (topic) => subscriptions.match(topic),
    subscriptionsByTopic: async (topic) => subscriptions.match(topic).map((one) => ({ ...one })),
    async putSession(session) {
      if (sessions.get(session.clientId) === undefined) requireRoom(sessionBytes(session));
      sessions.put(session);
    },
    getSession: async ({ id }) => sessions.get(id),
    streamSessions: () => Readable.from([sessions.all()]),
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

    ...exchangeMethods(inbound, requireRoom),
    ...wills.methods,

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
