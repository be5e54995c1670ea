import type { Message, Qos } from './message.ts';
import { TopicIndex } from './topic-index.ts';

/** How one message is to be handed to one subscriber. */
export interface Delivery {
  /** The lower of the message's QoS and the highest granted by a matching filter. [MQTT-3.3.5-1] */
  readonly qos: Qos;
  readonly retain: boolean;
  /** Identifiers of all matching subscriptions that have one. [MQTT-3.3.4-4] */
  readonly identifiers: readonly number[];
}

/** Somebody who gets messages: an MQTT client, the bridge. Must not block and must not throw. */
export interface Subscriber {
  /** For no-local; undefined for subscribers that are not clients. */
  readonly clientId: string | undefined;
  deliver(message: Message, delivery: Delivery): void;
}

export interface SubscriptionOptions {
  readonly qos: Qos;
  /** Not delivered to the client that published it. [MQTT-3.8.3-3] */
  readonly noLocal: boolean;
  /** Keeps the retain flag as published. [MQTT-3.3.1-12] */
  readonly retainAsPublished: boolean;
  /** 1 to 268,435,455. */
  readonly identifier: number | undefined;
}

export interface Subscription extends SubscriptionOptions {
  readonly filter: string;
  readonly subscriber: Subscriber;
}

/** Everything one subscriber asked for that matches a topic. */
interface Target {
  readonly subscriber: Subscriber;
  readonly subscriptions: readonly Subscription[];
  /** Whether a filter with no-local is among them, so that it matters who published. */
  readonly isSelective: boolean;
  /** By QoS of the message, for messages that are not retained. */
  readonly deliveries: readonly [Delivery, Delivery, Delivery];
}

const lower = (a: Qos, b: Qos): Qos => (a < b ? a : b);

/** Topics whose route is remembered. */
const maxRoutes = 50_000;

/** Decides who gets a topic: one index for MQTT clients and bridge alike, one delivery for each subscriber. */
export class Plane {
  readonly #index = new TopicIndex<Subscription>();
  /** By topic name; forgotten whenever a subscription changes. */
  readonly #routes = new Map<string, readonly Target[]>();

  /** Live subscriptions, over all subscribers. */
  get subscriptions(): number {
    return this.#index.size;
  }

  subscribe(subscription: Subscription): void {
    this.#index.add(subscription.filter, subscription);
    this.#routes.clear();
  }

  unsubscribe(subscription: Subscription): void {
    this.#index.remove(subscription.filter, subscription);
    this.#routes.clear();
  }

  /** Delivers once to every subscriber with a matching filter. @returns how many that were. */
  route(message: Message): number {
    const targets = this.#routes.get(message.topic) ?? this.#find(message.topic);
    let count = 0;
    for (const target of targets) {
      const delivery = deliveryOf(target, message);
      if (delivery === undefined) continue;
      count += 1;
      target.subscriber.deliver(message, delivery);
    }
    return count;
  }

  #find(topic: string): readonly Target[] {
    const bySubscriber = new Map<Subscriber, Subscription[]>();
    this.#index.match(topic, (subscription) => {
      const others = bySubscriber.get(subscription.subscriber);
      if (others === undefined) bySubscriber.set(subscription.subscriber, [subscription]);
      else others.push(subscription);
    });
    const targets = Array.from(bySubscriber, ([subscriber, subscriptions]) => targetOf(subscriber, subscriptions));
    if (this.#routes.size >= maxRoutes) this.#routes.clear();
    this.#routes.set(topic, targets);
    return targets;
  }
}

const targetOf = (subscriber: Subscriber, subscriptions: readonly Subscription[]): Target => ({
  subscriber,
  subscriptions,
  isSelective: subscriptions.some(({ noLocal }) => noLocal),
  deliveries: [merge(subscriptions, 0, false), merge(subscriptions, 1, false), merge(subscriptions, 2, false)],
});

function deliveryOf(
  { subscriber, subscriptions, isSelective, deliveries }: Target,
  message: Message,
): Delivery | undefined {
  if (isSelective && isOwn(message, subscriber)) {
    const others = subscriptions.filter(({ noLocal }) => !noLocal);
    return others.length === 0 ? undefined : merge(others, message.qos, message.retain);
  }
  return message.retain ? merge(subscriptions, message.qos, true) : deliveries[message.qos];
}

const isOwn = (message: Message, subscriber: Subscriber): boolean =>
  message.origin.kind === 'client' && message.origin.clientId === subscriber.clientId;

/** Overlapping filters of one client: one delivery at the highest QoS. [MQTT-3.3.5-1] */
const merge = (subscriptions: readonly Subscription[], qos: Qos, retain: boolean): Delivery => ({
  qos: lower(
    qos,
    subscriptions.reduce<Qos>((highest, { qos: granted }) => (granted > highest ? granted : highest), 0),
  ),
  retain: retain && subscriptions.some(({ retainAsPublished }) => retainAsPublished),
  identifiers: subscriptions.flatMap(({ identifier }) => (identifier === undefined ? [] : [identifier])),
});
