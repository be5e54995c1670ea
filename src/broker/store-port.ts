import type { Component } from '../kernel/lifecycle.ts';
import type { Qos } from '../plane/message.ts';
import type { StoredProperties } from './stored-properties.ts';

/** One subscription of a session. */
export interface StoredSubscription {
  /** The topic filter. */
  readonly filter: string;
  readonly qos: Qos;
  /** Retain Handling. [MQTT-3.3.1-9] to [MQTT-3.3.1-11] */
  readonly retainHandling?: number | undefined;
  /** Retain As Published. [MQTT-3.3.1-12] */
  readonly retainAsPublished?: boolean | undefined;
  /** No Local. [MQTT-3.8.3-3] */
  readonly noLocal?: boolean | undefined;
  /** 1 to 268,435,455. */
  readonly identifier?: number | undefined;
}

/** A subscription that matched a topic, with its owner. */
export interface MatchedSubscription extends StoredSubscription {
  readonly clientId: string;
}

/** Whose queue a message goes to; the rest of a MatchedSubscription is used where it is known. */
export type QueueTarget = Pick<MatchedSubscription, 'clientId'> & Partial<StoredSubscription>;

/** Names a message among all queues; no name is given twice, over all runs of all nodes. */
export interface QueueKey {
  readonly runId: string;
  readonly counter: number;
}

/** What may have such a name: what stands in no queue has none. */
export interface Nameable {
  readonly runId?: string | undefined;
  readonly counter?: number | undefined;
}

/** A message as it is kept. */
export interface StoredMessage extends Nameable {
  readonly cmd?: 'publish';
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup?: boolean;
  /** Packet identifier of the connection it was sent on; absent until it was sent. */
  readonly packetId?: number | undefined;
  /** Who published it; needed for No Local. */
  readonly clientId?: string | undefined;
  readonly properties?: StoredProperties | undefined;
  /** Milliseconds since the epoch; from then on the message is not delivered. [MQTT-3.3.2-5] */
  readonly expiresAt?: number | undefined;
  /** In a queue: the `$share/group/filter` it came through, where it came through no ordinary subscription. */
  readonly shared?: readonly string[] | undefined;
}

/** What a search for retained messages finds. */
export type RetainedPages = Iterable<Iterable<StoredMessage>> | AsyncIterable<Iterable<StoredMessage>>;

/** A PUBREL that waits for its PUBCOMP; it takes the place of the message that was received. [MQTT-4.3.3-1] */
export interface StoredRelease {
  readonly cmd: 'pubrel';
  readonly packetId: number;
}

/** What stands in an outgoing queue. */
export type QueuedPacket = StoredMessage | StoredRelease;

/** What a queue is read as. */
export type QueuedPackets = Iterable<QueuedPacket> | AsyncIterable<QueuedPacket>;

/** A QoS 2 exchange of a publisher: its packet identifier was received, and not released. [MQTT-4.3.3-2] */
export interface Exchange {
  readonly clientId: string;
  readonly packetId: number;
}

/** Where a message stands beside the queues of its targets. */
export interface AlsoKept {
  /** As the retained message of its topic; an empty payload removes what is there. [MQTT-3.3.1-6] */
  readonly isRetained?: boolean | undefined;
  /** Is open with it: alone it would make the publisher's next try a repetition of what nobody got. [MQTT-4.3.3-2] */
  readonly exchange?: Exchange | undefined;
}

/** A will message. */
export interface StoredWill extends StoredMessage {
  readonly clientId: string;
  /** Milliseconds since the epoch: its client is gone, and the will is due then. [MQTT-3.1.3-9] */
  readonly publishAt?: number | undefined;
}

/** What is known of a session beside its subscriptions: it exists, and until when. */
export interface StoredSession {
  readonly clientId: string;
  /** Who owns it; only the same principal under the same trust may resume it. */
  readonly principal: string;
  /** Who vouches for the principal; undefined in what an earlier version kept, which the principal may resume under any. */
  readonly trust?: string | undefined;
  /**
   * How long it outlives its connection, 1 to 4,294,967,295 seconds; the highest value means for ever [MQTT-3.1.2-23], and
   * 0 that it is over and its end was begun.
   */
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
 * Keeps what outlives a connection: sessions, subscriptions, queued messages, open QoS 2 exchanges, wills, retained
 * messages. `test/contract/store.contract.ts` holds every store to this:
 *
 * - Filters are matched level by level: empty levels count, `a/#` matches `a`, and a leading wildcard does not match
 *   topics that begin with `$`. [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.2-1]
 * - A message is queued once for each client, at the lower of its own QoS and the highest QoS granted by a matching
 *   filter, with the retain flag cleared unless Retain As Published, with the identifiers of all matching
 *   subscriptions, and not for its publisher under No Local. [MQTT-3.3.5-1] [MQTT-3.3.1-9] [MQTT-3.3.4-4]
 * - A subscription to `$share/group/filter` is found by topics that match `filter`, under its full name; which member of
 *   a group gets a message is decided before `keep`. [MQTT-4.8.2-3] A queue knows what came through shared subscriptions
 *   alone; of what an earlier version queued it does not.
 * - Writes take effect in the order of the calls and are seen by every later call at once; the promise of a write is kept
 *   when the write would survive what the store promises to survive. Promises of writes are kept in order, and those of
 *   one turn share a commit: whoever has several writes does not wait between them.
 * - A write that a limit or a broken store refuses rejects with a StoreError; nothing of it is done.
 * - Everything is bounded in number and bytes. Of exchanges (GHSA-5jvp-3p2v-5qgf) the newcomer is refused: nobody loses
 *   what is open. What is about something that is not there any more is no error.
 * - What comes out is a copy of its own, but where it says otherwise.
 *
 * `start` rejects where the store cannot be used; before it and after `stop` every call is refused. A store that was
 * stopped is not started again.
 */
export interface Store extends Component {
  /** Keeps a message everywhere it has to stand, all or nothing. For targets and `also` see there; one of them at least. */
  keep(packet: StoredMessage, targets: readonly QueueTarget[], also?: AlsoKept): Promise<void>;
  /**
   * Retained messages of one filter, in pages of some hundreds, of which each is read before the next is asked for. A
   * message is found as it is when it is asked for; over a network, when its page is.
   */
  retained(filter: string): RetainedPages;

  /**
   * What is queued for the client at the time of the call, oldest first; what is settled while it is read is left out. A
   * message that was sent before has its packet identifier and DUP. [MQTT-3.3.1-1]
   */
  queue(clientId: string): QueuedPackets;
  /** It is sent under this packet identifier from now on. */
  markSent(clientId: string, key: QueueKey, packetId: number): Promise<void>;
  /** PUBREC: its PUBREL takes the place of the message. [MQTT-4.3.3-1] */
  markReceived(clientId: string, packetId: number): Promise<void>;
  /** PUBACK, PUBCOMP, or a PUBREC that refuses: the message is through. */
  settle(clientId: string, packetId: number): Promise<void>;
  /** The message, which was never sent, is not to be sent. */
  discard(clientId: string, key: QueueKey): Promise<void>;

  /** Whether the QoS 2 message is a repetition. [MQTT-4.3.3-10] */
  isOpen(exchange: Exchange): Promise<boolean>;
  /** PUBREL, or the message was refused: its packet identifier is free again. [MQTT-4.3.3-11] */
  closeExchange(exchange: Exchange): Promise<void>;

  /** Adds subscriptions; one with the same filter is replaced. [MQTT-3.8.4-3] */
  subscribe(clientId: string, subscriptions: readonly StoredSubscription[]): Promise<void>;
  unsubscribe(clientId: string, filters: readonly string[]): Promise<void>;
  /** Empty when the session has none. */
  subscriptionsOf(clientId: string): Promise<readonly StoredSubscription[]>;
  /** The topic filters of a session, as far as they are known here. Answered at once and from memory. */
  filtersOf(clientId: string): readonly string[];
  /**
   * Subscriptions at QoS 1 and 2 whose filter matches the topic name, in no particular order; not to be changed. Asked
   * for every QoS 1 message, so it is answered at once and from memory, and cheapest where nothing matches.
   */
  subscribersOf(topic: string): readonly MatchedSubscription[];

  /** Creates the record of a session, or replaces it. */
  putSession(session: StoredSession): Promise<void>;
  session(clientId: string): Promise<StoredSession | undefined>;
  /** Every session, in no particular order, a page at a time; not to be changed. */
  sessions(): AsyncIterable<readonly StoredSession[]>;
  /** Ends the session: record, subscriptions, queue and open exchanges (GHSA-p8r9-qf8w-p73r). Wills stay. [MQTT-3.1.2-4] */
  endSession(clientId: string): Promise<void>;

  /** Keeps the will of a client; one that is there is replaced. */
  putWill(will: StoredWill): Promise<void>;
  /** @returns the will that was removed. */
  takeWill(clientId: string): Promise<StoredWill | undefined>;
  wills(): AsyncIterable<StoredWill>;

  /** Answered from memory. */
  stats(): StoreStats;
}
