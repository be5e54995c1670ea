import { Readable } from 'node:stream';
import { StoreError } from '../../kernel/errors.ts';
import type { Plane, SharedChoice } from '../../plane/plane.ts';
import { queueTargets } from '../publish/queue-targets.ts';
import type { SessionEnds } from '../session-ends.ts';
import type { MatchedSubscription, OpenedExchange, PacketKey, SessionStore, StoredPacket } from '../session-store.ts';
import type { StoredProperties } from '../stored-properties.ts';

/** What was decided about a message when it was queued. */
export interface QueueDecision {
  readonly choice: SharedChoice;
  /** In how many queues it stands. */
  readonly queued: number;
  /** Client ids of those whose queue has it later. */
  readonly held: ReadonlySet<string> | undefined;
}

/** What a connected session says to a message for its queue: it waits, or is told when the queue has it. */
export type Admission = 'held' | (() => void) | undefined;

export interface EngineStoreDeps {
  readonly store: SessionStore;
  readonly plane: Plane;
  readonly now: () => number;
  /** Undefined where nobody has to have the message before it is queued. */
  readonly passed: (packet: StoredPacket) => Promise<unknown> | undefined;
  /** Remembers the decision until the message is routed. */
  readonly decided: (packet: StoredPacket, decision: QueueDecision) => void;
  /** Asks a client whether its queue has room. @returns undefined where it is not connected, or keeps no queue */
  readonly admit: (clientId: string, targets: readonly MatchedSubscription[], packet: StoredPacket) => Admission;
  readonly ends: Pick<SessionEnds, 'end' | 'isEnding'>;
  /** Its publisher cannot be asked to send more slowly. */
  readonly isPaced: (packet: StoredPacket) => boolean;
}

/** The store as the engine sees it: what it queues, for whom, and what it reads from queues, is ours to decide. */
export function createEngineStore(deps: EngineStoreDeps): SessionStore {
  const { store, plane, ends, now, decided, passed } = deps;
  /** QoS 2 exchanges that are opened together with the message, by its properties: the engine copies packets, but not them. */
  const opening = new WeakMap<StoredProperties, OpenedExchange>();
  /** Packets of which nobody knows whether their exchange is open, as the store did not answer. */
  const unsure = new WeakMap<PacketKey, StoreError>();
  return {
    async setup(broker) {
      await store.setup(broker);
    },
    storeRetained: (packet) => store.storeRetained(expiring(packet, now())),
    retained: (filter) => store.retained(filter),
    createRetainedStream: (filter) => store.createRetainedStream(filter),
    createRetainedStreamCombi: (filters) => store.createRetainedStreamCombi(filters),
    addSubscriptions: (session, subscriptions) => store.addSubscriptions(session, subscriptions),
    removeSubscriptions: (session, filters) => store.removeSubscriptions(session, filters),
    hasShared: (session) => store.hasShared(session),
    /** Subscriptions are ours: the engine has none to restore. */
    subscriptionsByClient: async () => [],
    countOffline: () => store.countOffline(),
    subscribersOf: (topic) => store.subscribersOf(topic),
    subscriptionsByTopic: async (topic) => [...store.subscribersOf(topic)],
    cleanSubscriptions: (session) => ends.end(session),
    putSession: (session) => store.putSession(session),
    getSession: (session) => store.getSession(session),
    streamSessions: () => store.streamSessions(),
    outgoingEnqueue: (target, packet) => store.outgoingEnqueue(target, packet),
    async outgoingEnqueueCombi(subscribers, packet) {
      // before the exchange is opened: until then the publisher's next try is no repetition
      await passed(packet);
      const choice = plane.choose(packet.topic);
      const found = subscribers as readonly MatchedSubscription[];
      const all = queueTargets(found, choice, packet.clientId, packet.brokerCounter ?? 0, ends.isEnding);
      const { targets, held, queuedBy } = admitted(all, packet, deps);
      decided(packet, { choice, queued: all.length, held });
      const exchange = packet.properties && opening.get(packet.properties);
      try {
        if (targets.length > 0) await store.outgoingEnqueueCombi(targets, expiring(packet, now()), exchange);
        else if (exchange !== undefined) await store.incomingStorePacket(exchange, exchange);
      } finally {
        for (const isQueued of queuedBy) isQueued();
      }
    },
    outgoingUpdate: (session, packet) => store.outgoingUpdate(session, packet),
    outgoingClearMessageId: (session, packet) => store.outgoingClearMessageId(session, packet),
    /** What is queued is sent by the deliveries of the connection, at the pace of its client. */
    outgoingStream: () => Readable.from([]),
    async incomingStorePacket({ id }, packet: PacketKey & { properties?: StoredProperties }) {
      const cause = unsure.get(packet);
      if (cause !== undefined) throw cause;
      packet.properties ??= {};
      opening.set(packet.properties, { id, messageId: packet.messageId ?? 0 });
    },
    /** To the engine every rejection means a new message, and a repetition would be delivered twice. [MQTT-4.3.3-10] */
    incomingGetPacket: (session, packet) =>
      store.incomingGetPacket(session, packet).catch((cause: unknown) => {
        if (cause instanceof StoreError) unsure.set(packet, cause);
        throw cause;
      }),
    incomingDelPacket: (session, packet) => store.incomingDelPacket(session, packet),
    putWill: (session, will) => store.putWill(session, will),
    getWill: (session) => store.getWill(session),
    delWill: (session) => store.delWill(session),
    streamWill: (brokers) => store.streamWill(brokers),
    stats: () => store.stats(),
    getClientList: (filter) => store.getClientList(filter),
    destroy: () => store.destroy(),
  };
}

/** Of what comes from NATS, which queues have it now and which when their client has caught up. */
function admitted(
  targets: readonly MatchedSubscription[],
  packet: StoredPacket,
  { admit, isPaced, now }: EngineStoreDeps,
): {
  readonly targets: readonly MatchedSubscription[];
  readonly held: ReadonlySet<string> | undefined;
  readonly queuedBy: readonly (() => void)[];
} {
  if (targets.length === 0 || !isPaced(packet)) return { targets, held: undefined, queuedBy: [] };
  const held = new Set<string>();
  const queuedBy: (() => void)[] = [];
  for (const clientId of new Set(targets.map((target) => target.clientId))) {
    const own = targets.filter((target) => target.clientId === clientId);
    const admission = admit(clientId, own, expiring(packet, now()));
    if (admission === 'held') held.add(clientId);
    else if (admission !== undefined) queuedBy.push(admission);
  }
  return { targets: targets.filter(({ clientId }) => !held.has(clientId)), held, queuedBy };
}

/** The engine reads another clock. */
function expiring(packet: StoredPacket, now: number): StoredPacket {
  const interval = packet.properties?.messageExpiryInterval;
  return interval === undefined ? packet : { ...packet, messageExpiry: now + interval * 1_000 };
}
