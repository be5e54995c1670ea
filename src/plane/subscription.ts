import type { Message, Qos } from './message.ts';

/** How one message is to be handed to one subscriber. */
export interface Delivery {
  /** The lower of the message's QoS and the highest granted by a matching filter. [MQTT-3.3.5-1] */
  readonly qos: Qos;
  readonly retain: boolean;
  /** Identifiers of all matching subscriptions that have one. [MQTT-3.3.4-4] */
  readonly identifiers: readonly number[];
  /**
   * The `$share/group/filter` it came through, where it came through no ordinary subscription: another member of the
   * group may have it when this one leaves without an acknowledgement. See `Plane.reroute`.
   */
  readonly shared?: readonly string[] | undefined;
}

/** Somebody who gets messages: an MQTT client, the bridge. Must not block and must not throw. */
export interface Subscriber {
  /** For no-local; undefined for subscribers that are not clients. */
  readonly clientId: string | undefined;
  deliver(message: Message, delivery: Delivery): void;
  /** False while another member of a shared group should rather get the message. Always true where it is left out. */
  canTake?(): boolean;
  /** True while what it is given stands in a store until it is answered, so that it may be any number. */
  canKeep?(): boolean;
  /** False where it must not get the topic, whatever it has subscribed to. Remembered until `Plane.reconsider`. */
  mayReceive?(topic: string): boolean;
  /** True once it takes nothing more, though its subscriptions may still stand: no shared group chooses it. */
  isGone?(): boolean;
}

export interface SubscriptionOptions {
  readonly qos: Qos;
  /** Not delivered to the client that published it. [MQTT-3.8.3-3] Never set on a shared one. [MQTT-3.8.3-4] */
  readonly noLocal: boolean;
  /** Keeps the retain flag as published. [MQTT-3.3.1-12] */
  readonly retainAsPublished: boolean;
  /** 1 to 268,435,455. */
  readonly identifier: number | undefined;
}

export interface Subscription extends SubscriptionOptions {
  /** A valid topic filter; `$share/group/filter` makes the subscriber a member of that group. [MQTT-4.8.2-1] */
  readonly filter: string;
  readonly subscriber: Subscriber;
}
