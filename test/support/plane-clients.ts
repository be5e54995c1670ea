import type { Message, Qos } from '../../src/plane/message.ts';
import type { Delivery, Plane, Subscriber, SubscriptionOptions } from '../../src/plane/plane.ts';

/** A message that only its topic and QoS matter of. */
export const message = (fields: Partial<Message> = {}): Message => ({
  topic: 'a/b',
  payload: new Uint8Array(),
  qos: 2,
  retain: false,
  origin: { kind: 'client', clientId: 'publisher' },
  ...fields,
});

/** A subscriber that keeps what it is delivered. */
export interface Recorder extends Subscriber {
  readonly deliveries: Delivery[];
  isCongested: boolean;
  hasLeft: boolean;
}

export const recorder = (clientId: string): Recorder => {
  const deliveries: Delivery[] = [];
  return {
    clientId,
    deliveries,
    isCongested: false,
    hasLeft: false,
    deliver: (_message, delivery) => void deliveries.push(delivery),
    canTake() {
      return !this.isCongested;
    },
    isGone() {
      return this.hasLeft;
    },
  };
};

export const subscription = (filter: string, subscriber: Subscriber, options: Partial<SubscriptionOptions> = {}) => ({
  filter,
  subscriber,
  qos: 1 as Qos,
  noLocal: false,
  retainAsPublished: false,
  identifier: undefined,
  ...options,
});

/** Subscribes one client for each letter. */
export const join = (
  plane: Plane,
  filter: string,
  names: string,
  options: Partial<SubscriptionOptions> = {},
): Recorder[] =>
  Array.from(names, (name) => {
    const subscriber = recorder(name);
    plane.subscribe(subscription(filter, subscriber, options));
    return subscriber;
  });

/** How much each of them got. */
export const counts = (subscribers: readonly Recorder[]): number[] =>
  subscribers.map(({ deliveries }) => deliveries.length);
