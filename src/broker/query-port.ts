import type { Qos } from '../plane/message.ts';
import type { Peer } from './ports.ts';

/**
 * What somebody asks for, in parts of some hundreds at most, of which each is read before the next is asked for. What is
 * not asked for costs nothing; what comes and goes meanwhile may be missed or seen.
 */
export type Parts<T> = Iterable<Iterable<T>> | AsyncIterable<Iterable<T>>;

/** A client that is connected. */
export interface ClientFacts extends Pick<Peer, 'listener' | 'protocol' | 'address' | 'port'> {
  readonly clientId: string;
  readonly principal: string;
  readonly tls: { readonly version: string; readonly cipher: string; readonly subject: string | undefined } | undefined;
  /** As the log names it, e.g. `MQTT 5`. */
  readonly mqtt: string;
  readonly keepAliveSeconds: number;
  /** Its session outlives the connection, by so many seconds. */
  readonly isPersistent: boolean;
  readonly expirySeconds: number;
  /** Milliseconds since the epoch. */
  readonly connectedAt: number;
}

/** A session that is kept. */
export interface SessionFacts {
  readonly clientId: string;
  readonly principal: string;
  readonly expirySeconds: number;
  readonly isConnected: boolean;
  /** Milliseconds since the epoch; undefined while its client is connected, or where that is not known. */
  readonly disconnectedAt: number | undefined;
}

export interface SubscriptionFacts {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly identifier: number | undefined;
}

/** A message that is kept, without its payload. */
export interface MessageFacts {
  readonly topic: string;
  readonly qos: Qos;
  readonly payloadBytes: number;
  /** Who published it, where that is known. */
  readonly publisher: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

/** What stands in the queue of a session: a message, or the PUBREL that took its place. */
export type QueuedFacts =
  | ({ readonly kind: 'message'; readonly packetId: number | undefined } & MessageFacts)
  | { readonly kind: 'release'; readonly packetId: number };

/** What the broker has, for those who administer it. Whoever asks sees everything: who may ask is decided before. */
export interface BrokerQueries {
  /** Oldest connections first. */
  clients(): Parts<ClientFacts>;
  /** In no particular order. */
  sessions(): Parts<SessionFacts>;
  /** Of a session or of a client that is connected; none where there is neither. */
  subscriptions(clientId: string): Parts<SubscriptionFacts>;
  /** @param filter a valid topic filter */
  retained(filter: string): Parts<MessageFacts>;
  /** Oldest first, as it is at the call. */
  queue(clientId: string): Parts<QueuedFacts>;
}
