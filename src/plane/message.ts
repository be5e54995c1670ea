import type { PublishProperties } from '../mqtt/encode-publish.ts';

/** MQTT quality of service. */
export type Qos = 0 | 1 | 2;

/** What MQTT 5 publishers say about a message. */
export type MessageProperties = PublishProperties;

/** An MQTT client of this node. */
export interface ClientOrigin {
  readonly kind: 'client';
  readonly clientId: string;
  /** The connection that it came by; known of messages to the broker itself, whose topics begin with `$`. */
  readonly peer?: OriginPeer;
}

/** What a connection has proved. */
export interface OriginPeer {
  /** Undefined where anybody on the line can read along. */
  readonly tls: { readonly certificate: { pem(): string | undefined } | undefined } | undefined;
}

/** Where a message entered this node. */
export type Origin =
  | ClientOrigin
  /** The broker itself: $SYS, wills. */
  | { readonly kind: 'broker' }
  /** A bridge link; `brokers` are the nodes it has passed, oldest first. */
  | { readonly kind: 'bridge'; readonly link: string; readonly brokers: readonly string[] };

/** One application message on its way through the plane. Never changed in place. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties?: MessageProperties | undefined;
  readonly origin: Origin;
}
