import type { LinkError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';

/** NATS headers in the order of the wire; names may repeat. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A message from NATS. */
export interface NatsMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** undefined: the message has none. `'unreadable'`: what stands in their place is no header block. */
  readonly headers: HeaderList | undefined | 'unreadable';
  readonly reply: string | undefined;
  /** Said by the server in place of a message: 503 where nobody answers, others by JetStream. */
  readonly status?: NatsMessageStatus | undefined;
}

export interface NatsMessageStatus {
  readonly code: number;
  readonly text: string;
}

export interface SubscribeOptions {
  /** Of all who subscribe under the same name, one gets each message. */
  readonly queue?: string | undefined;
  /** The server does not let us subscribe; it is asked again with each connection. */
  readonly onForbidden?: ((error: LinkError) => void) | undefined;
}

export interface NatsSubscription {
  readonly subject: string;
  /** Nothing comes after it, not even what is on its way. */
  unsubscribe(): void;
}

/** Why a server never takes a message: sending it again does not help. */
export type Unsendable = 'payload-too-large' | 'subject-too-long';

/** What the server takes, as it said last; unlimited while it has said nothing. */
export interface NatsLimits {
  /** Bytes of headers and payload together (`max_payload`). */
  readonly payloadBytes: number;
  /** Bytes of a protocol line (`max_control_line`). */
  readonly lineBytes: number;
}

/** `sent` means handed to the connection; every other result means that the message is dropped. */
export type PublishResult = 'sent' | 'nats-disconnected' | 'nats-backlog' | Unsendable;

export type NatsStatus =
  /** Not started yet, or stopped. */
  | 'disconnected'
  /** Never connected so far; attempts go on. */
  | 'connecting'
  | 'connected'
  /** Was connected; attempts go on. */
  | 'reconnecting';

export interface NatsState {
  readonly status: NatsStatus;
  /** URL of the server in use, never with credentials. */
  readonly server: string | undefined;
  /** Name that the server gives itself. */
  readonly serverName: string | undefined;
  /** When `status` became what it is, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Connections after the first. */
  readonly reconnects: number;
  /** Last failure as a sentence; undefined once connected without one. */
  readonly lastError: string | undefined;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  /** Ends the waiting; its reason is what is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** One connection to NATS that never gives up. What it cannot send at once it drops: it buffers no message while it is down. */
export interface NatsLink extends Component {
  /** @param payload not changed afterwards. @param headers legal names and values; they are not checked again. @param reply where who gets it may answer. */
  publish(subject: string, payload: Uint8Array, headers: HeaderList | undefined, reply?: string): PublishResult;
  /** Whether the server would never take this message, as far as is known of it, also while it is away. */
  unsendable(
    subject: string,
    payload: Uint8Array,
    headers: HeaderList | undefined,
    reply?: string,
  ): Unsendable | undefined;
  limits(): NatsLimits;
  /** Told of each message that the server did not let us publish, before a flush after it resolves. */
  onForbidden(listener: (subject: string) => void): void;
  /** Receives every message of a subject filter, across reconnects, until it is ended. `onMessage` must not throw. */
  subscribe(subject: string, onMessage: (message: NatsMessage) => void, options?: SubscribeOptions): NatsSubscription;
  /**
   * Sends a message and waits for one answer to it.
   * @throws LinkError `nats-unreachable` when it cannot be sent, or nobody is there to answer; `nats-unacknowledged` when
   *   no answer comes in time.
   */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<NatsMessage>;
  /** Resolves when the server has handled everything sent so far. @throws LinkError when not connected. */
  flush(signal: AbortSignal): Promise<void>;
  state(): NatsState;
}
