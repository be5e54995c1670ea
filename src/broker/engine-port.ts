import type { Component } from '../kernel/lifecycle.ts';
import type { ConnectPacket } from '../mqtt/connect.ts';
import type { Refusal } from '../mqtt/refusal.ts';
import type { Subscriber, Subscription } from '../plane/plane.ts';
import type { AuthenticationExchange, AuthorizedClient, Peer } from './ports.ts';
import type { Admission } from './publish/admission.ts';
import type { LimitsOptions } from './schema.ts';
import type { QueueTarget, StoredMessage } from './store-port.ts';

/** A client that the engine accepted. */
export interface AcceptedSession {
  readonly clientId: string;
  readonly principal: string;
  /** It outlives the connection. */
  readonly isPersistent: boolean;
  /** There is a session to go on with. [MQTT-3.2.2-2] */
  readonly isPresent: boolean;
  /** What the session was granted; see `StoredSession`. */
  readonly expirySeconds: number;
  /** For people; see `EdgePort.notice`. */
  readonly notice: string;
  /** What ends the exchange of a client that named an Authentication Method. */
  readonly authenticationData: Uint8Array | undefined;
  /** One of its subscriptions brings the topic, as they are now. */
  readonly bringsTopic: (topic: string) => boolean;
}

/** One connection, seen from the engine: the edge stands on the other side. */
export interface EdgePort {
  readonly peer: Peer;
  /** Those that the connection began with. */
  readonly limits: LimitsOptions;
  /** What the client is told with the next answer to what it publishes, where that has nothing to say itself. */
  notice: string;
  /** What the client asked for. */
  readonly connect: ConnectPacket;
  /** Where its messages go. */
  readonly subscriber: Subscriber;
  /**
   * The client was authenticated; before it has a subscription.
   * @param expiresAtMs when what it proved itself by ends, milliseconds since the epoch
   */
  identified(client: AuthorizedClient, expiresAtMs: number | undefined): void;
  /** Where CONNECT has an Authentication Method: begins the exchange with what CONNECT says. */
  readonly authentication: { begin(data: Uint8Array | undefined): AuthenticationExchange } | undefined;
  /** An exchange of a client that is connected ended well; it may be known by other attributes from now on. */
  reauthenticated(client: AuthorizedClient, expiresAtMs: number | undefined, data: Uint8Array | undefined): void;
  /** Accepts the client: sends CONNACK, then what is queued for it. */
  accepted(session: AcceptedSession): void;
  /** Refuses the client. The message is for the log. @param told what the client hears beside the code */
  refused(refusal: Refusal, told: string): void;
  /** Sends a packet, in one piece or several. */
  send(batch: readonly Uint8Array[]): void;
  /**
   * Asks whether the queue of the session has room for a message that comes from NATS.
   * @param isKept by its sender, until the queue has it
   */
  admit(targets: readonly QueueTarget[], packet: StoredMessage, isKept: boolean): Admission;
  /** Calls back when the client would take one more message at once. One at a time may wait. */
  whenRoom(task: () => void): void;
  /** The frame given to `handle` was dealt with; the next may come. */
  handled(): void;
  /** Why the engine is about to close: a sentence for the log. */
  failed(reason: string): void;
  /** The engine is through with the connection; what it sent may still be flushed. */
  ended(): void;
}

/** One connection, seen from the edge. */
export interface EngineConnection {
  /** Takes one complete, validated packet; the next only after `EdgePort.handled`. */
  handle(frame: Buffer): void;
  /** The client, which is accepted, proves itself once more. [MQTT 5, 4.12.1] */
  reauthenticate(exchange: AuthenticationExchange): void;
  /** The link is gone; without DISCONNECT before it, the will is published. [MQTT-3.1.2-8] */
  closed(): void;
}

/** Keeps who is connected: CONNECT, take-over, the ends of connections, and when wills are due. */
export interface Engine extends Component {
  open(edge: EdgePort): EngineConnection;
  /** Other limits of sessions count from now on. */
  limit(limits: LimitsOptions): void;
  /** The edge of the client, where it is connected. */
  edgeOf(clientId: string): EdgePort | undefined;
  /** What the client subscribed to, where it is connected; they may change while they are read. */
  subscriptionsOf(clientId: string): Iterable<Subscription> | undefined;
  /** Rules or bans have changed: subscriptions, and clients, that they allow no more end. @returns when all were looked at */
  reconsider(): Promise<void>;
  /** Disconnects all clients; MQTT 5 clients hear 0x8B, server shutting down. [MQTT-4.13.2] */
  disconnectAll(): Promise<void>;
}
