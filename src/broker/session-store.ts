import type { Readable } from 'node:stream';
import type { Qos } from '../plane/message.ts';
import type { StoredProperties } from './stored-properties.ts';

/** A session, named by its client id. */
export interface SessionRef {
  readonly id: string;
}

/** One subscription of a session. */
export interface StoredSubscription {
  /** The topic filter. */
  readonly topic: string;
  readonly qos: Qos;
  /** Retain Handling. [MQTT-3.3.1-9] to [MQTT-3.3.1-11] */
  readonly rh?: number | undefined;
  /** Retain As Published. [MQTT-3.3.1-12] */
  readonly rap?: boolean | undefined;
  /** No Local. [MQTT-3.8.3-3] */
  readonly nl?: boolean | undefined;
  /** 1 to 268,435,455. */
  readonly subscriptionIdentifier?: number | undefined;
}

/** A subscription that matched a topic, with its owner. */
export interface MatchedSubscription extends StoredSubscription {
  readonly clientId: string;
}

/** Whose queue a message goes to; the rest of a MatchedSubscription is used where it is known. */
export type QueueTarget = Pick<MatchedSubscription, 'clientId'> & Partial<StoredSubscription>;

/** A PUBLISH as the engine hands it over and takes it back. */
export interface StoredPacket {
  readonly cmd?: 'publish';
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup?: boolean;
  /** Packet identifier of the connection it was sent on; absent until it was sent. */
  readonly messageId?: number | undefined;
  /** With `brokerCounter` the identity of a message; given by the engine. */
  readonly brokerId?: string | undefined;
  readonly brokerCounter?: number | undefined;
  /** Who published it; needed for No Local. */
  readonly clientId?: string | undefined;
  readonly properties?: StoredProperties | undefined;
  /** Milliseconds since the epoch; from then on the message is not delivered. [MQTT-3.3.2-5] */
  readonly messageExpiry?: number | undefined;
  /** In a queue: the `$share/group/filter` it came through, where it came through no ordinary subscription. */
  readonly shared?: readonly string[] | undefined;
}

/** What a search for retained messages finds. */
export type RetainedPages = Iterable<Iterable<StoredPacket>> | AsyncIterable<Iterable<StoredPacket>>;

/** A PUBREL that waits for its PUBCOMP; it takes the place of the message that was received. [MQTT-4.3.3-1] */
export interface StoredRelease {
  readonly cmd: 'pubrel';
  readonly messageId: number;
}

/** What stands in an outgoing queue. */
export type QueuedPacket = StoredPacket | StoredRelease;

/** What an acknowledgement or a packet on its way out says about the message that is meant. */
export interface PacketKey {
  readonly cmd?: string;
  readonly messageId?: number | undefined;
  readonly brokerId?: string | undefined;
  readonly brokerCounter?: number | undefined;
}

/** A QoS 2 exchange of a publisher, by its client id. */
export interface OpenedExchange extends SessionRef {
  readonly messageId: number;
}

/** A will message; the store stamps the first two fields on it. */
export interface StoredWill {
  clientId?: string;
  brokerId?: string;
  /** Milliseconds since the epoch: its client is gone, and the will is due then. [MQTT-3.1.3-9] */
  publishAt?: number;
}

/** What is known of a session beside its subscriptions: it exists, and until when. */
export interface StoredSession {
  readonly clientId: string;
  /** Who owns it; only the same principal under the same trust may resume it. */
  readonly principal: string;
  /** Who vouches for the principal; undefined in what an earlier version kept, which the principal may resume under any. */
  readonly trust?: string | undefined;
  /** How long it outlives its connection, 1 to 4,294,967,295 seconds; the highest value means for ever. [MQTT-3.1.2-23] */
  readonly expirySeconds: number;
  /** Milliseconds since the epoch; undefined while a client is connected. */
  readonly disconnectedAt?: number | undefined;
}

/** What a store holds, for metrics and `viaduct store stats`. */
export interface StoreStats {
  readonly sessions: number;
  readonly subscriptions: number;
  readonly queuedMessages: number;
  /** Bytes of topic, payload and properties. */
  readonly queuedBytes: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
}

/**
 * Keeps what outlives a connection: subscriptions, queued messages, open QoS 2 exchanges, wills, retained messages.
 * The methods are those that Aedes 2.0.0-beta.1 calls on `broker.persistence`. A store cures these defects of the
 * engine; `test/contract/session-store.contract.ts` holds every store to it:
 *
 * - Filters are matched level by level: empty levels count, `a/#` matches `a`, and a leading wildcard does not match
 *   topics that begin with `$`. [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.2-1]
 * - A message is queued once for each client, at the lower of its own QoS and the highest QoS granted by a matching
 *   filter, with the retain flag cleared unless Retain As Published, with the identifiers of all matching
 *   subscriptions, and not for its publisher under No Local. [MQTT-3.3.5-1] [MQTT-3.3.1-9] [MQTT-3.3.4-4]
 * - A message that was sent before is replayed with DUP set. [MQTT-3.3.1-1]
 * - A message without a packet identifier is named by `brokerId` and `brokerCounter`, never by "the first that has none".
 * - `outgoingUpdate` of a message that is no longer queued and `incomingDelPacket` of an unknown identifier resolve:
 *   Aedes closes the client on the first and lets the second end the process. Only `incomingGetPacket` rejects, because
 *   that is how Aedes asks whether a packet identifier is free.
 * - `cleanSubscriptions` ends the whole session: its record, queue and open QoS 2 identifiers go with it
 *   (GHSA-p8r9-qf8w-p73r).
 * - A subscription to `$share/group/filter` is found by topics that match `filter`, under its full name; which member of
 *   a group gets a message is decided before `outgoingEnqueueCombi`. [MQTT-4.8.2-3] A queue knows what came through
 *   shared subscriptions alone; of what an earlier version queued it does not.
 * - Writes take effect in the order of the calls and are seen by every later call at once; the promise of a write is kept
 *   when the write would survive what the store promises to survive. Promises of writes are kept in order.
 * - A write that a limit or a broken store refuses rejects with a StoreError; nothing of it is done.
 * - Queue, retained messages and open identifiers are bounded (GHSA-5jvp-3p2v-5qgf). Of identifiers the newcomer is
 *   refused: nobody loses what is open.
 * - What comes out may be changed by the engine, which writes into packets: every packet is a copy of its own.
 */
export interface SessionStore {
  /** Called once, before anything else. Must be an `async` function in the literal sense: Aedes checks its constructor. */
  setup(broker: { readonly id: string }): Promise<void>;

  /** Keeps the message for its topic; an empty payload removes what is there. [MQTT-3.3.1-6] */
  storeRetained(packet: StoredPacket): Promise<void>;
  /**
   * Retained messages of one filter, in pages of some hundreds, of which each is read before the next is asked for. A
   * message is found as it is when it is asked for; over a network, when its page is.
   */
  retained(filter: string): RetainedPages;
  /** The same as a stream, for the engine. */
  createRetainedStream(filter: string): Readable;
  /** Retained messages of one filter after the other. [MQTT-3.8.4-4] */
  createRetainedStreamCombi(filters: readonly string[]): Readable;

  /** Adds subscriptions; one with the same filter is replaced. [MQTT-3.8.4-3] */
  addSubscriptions(session: SessionRef, subscriptions: readonly StoredSubscription[]): Promise<void>;
  removeSubscriptions(session: SessionRef, filters: readonly string[]): Promise<void>;
  /** Whether the session is in a shared group. Answered at once and from memory. */
  hasShared(session: SessionRef): boolean;
  /** Empty when the session has none. */
  subscriptionsByClient(session: SessionRef): Promise<StoredSubscription[]>;
  /** Subscriptions at QoS 1 and 2, and sessions that have subscriptions of any QoS. */
  countOffline(): Promise<{ subsCount: number; clientsCount: number }>;
  /**
   * Subscriptions at QoS 1 and 2 whose filter matches the topic name, in no particular order; not to be changed. Asked
   * for every QoS 1 message, so it is answered at once and from memory, and cheapest where nothing matches.
   */
  subscribersOf(topic: string): readonly MatchedSubscription[];
  /** The same, for the engine. */
  subscriptionsByTopic(topic: string): Promise<MatchedSubscription[]>;
  /** Creates the record of a session, or replaces it. */
  putSession(session: StoredSession): Promise<void>;
  getSession(session: SessionRef): Promise<StoredSession | undefined>;
  /** Every session, in no particular order, a page at a time; not to be changed. */
  streamSessions(): AsyncIterable<readonly StoredSession[]>;
  /** Ends the session: record, subscriptions, queue and open QoS 2 identifiers. Wills stay. [MQTT-3.1.2-4] */
  cleanSubscriptions(session: SessionRef): Promise<void>;

  outgoingEnqueue(target: QueueTarget, packet: StoredPacket): Promise<void>;
  /**
   * Queues the message for the owners of the matching subscriptions, once for each.
   * @param exchange is opened with it, both or none: the exchange alone would make the publisher's next try a repetition of
   *   something that nobody got [MQTT-4.3.3-2]
   */
  outgoingEnqueueCombi(targets: readonly QueueTarget[], packet: StoredPacket, exchange?: OpenedExchange): Promise<void>;
  /** Notes that the message was sent under `messageId`, or that its PUBREL takes its place. */
  outgoingUpdate(session: SessionRef, packet: PacketKey): Promise<void>;
  /** The message is through. @returns it, or undefined when nothing is known under this key. */
  outgoingClearMessageId(session: SessionRef, packet: PacketKey): Promise<QueuedPacket | undefined>;
  /** What is queued at the time of the call, oldest first; what is acknowledged while it is read is left out. */
  outgoingStream(session: SessionRef): Readable;

  /** Opens a QoS 2 exchange of a publisher. The message itself is not kept: the engine never asks for it. */
  incomingStorePacket(session: SessionRef, packet: PacketKey): Promise<void>;
  /** @throws Error when no exchange is open under `messageId`. */
  incomingGetPacket(session: SessionRef, packet: PacketKey): Promise<PacketKey>;
  incomingDelPacket(session: SessionRef, packet: PacketKey): Promise<void>;

  putWill(session: SessionRef, will: StoredWill): Promise<void>;
  getWill(session: SessionRef): Promise<StoredWill | undefined>;
  /** @returns the will that was removed. */
  delWill(session: SessionRef): Promise<StoredWill | undefined>;
  /** Wills put by nodes other than these. @param brokers node ids as keys. */
  streamWill(brokers?: Readonly<Record<string, unknown>>): Readable;

  /** Answered from memory. */
  stats(): StoreStats;
  /** Ids of the clients that subscribed to exactly this filter. */
  getClientList(filter: string): Readable;
  /** Gives everything back; the store is not used afterwards. Works twice. */
  destroy(): Promise<void>;
}
