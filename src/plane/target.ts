import { isSharedFilter } from '../mqtt/topic.ts';
import type { Message, Qos } from './message.ts';
import type { Delivery, Subscriber, Subscription } from './subscription.ts';

type ByQos = readonly [Delivery, Delivery, Delivery];

/** Everything one subscriber asked for that matches a topic. */
export interface Target {
  readonly subscriber: Subscriber;
  readonly subscriptions: readonly Subscription[];
  /** Whether a filter with no-local is among them, so that it matters who published. */
  readonly isSelective: boolean;
  /** By QoS of the message; for messages that are retained the second. */
  readonly deliveries: ByQos;
  readonly retainedDeliveries: ByQos;
}

export function targetOf(subscriber: Subscriber, subscriptions: readonly Subscription[]): Target {
  const deliveries = merge(subscriptions, false);
  const keepsRetain = subscriptions.some(({ retainAsPublished }) => retainAsPublished);
  return {
    subscriber,
    subscriptions,
    isSelective: subscriptions.some(({ noLocal }) => noLocal),
    deliveries,
    retainedDeliveries: keepsRetain ? merge(subscriptions, true) : deliveries,
  };
}

/** @returns false when the message is the subscriber's own, and it asked only for those of others. */
export function deliver(target: Target, message: Message): boolean {
  const { subscriber, isSelective, deliveries, retainedDeliveries } = target;
  if (isSelective && isOwn(message, subscriber)) return deliverOwn(target, message);
  subscriber.deliver(message, (message.retain ? retainedDeliveries : deliveries)[message.qos]);
  return true;
}

function deliverOwn({ subscriber, subscriptions }: Target, message: Message): boolean {
  const others = subscriptions.filter(({ noLocal }) => !noLocal);
  return others.length > 0 && deliver(targetOf(subscriber, others), message);
}

const isOwn = ({ origin }: Message, { clientId }: Subscriber): boolean =>
  origin.kind === 'client' && origin.clientId === clientId;

const lower = (a: Qos, b: Qos): Qos => (a < b ? a : b);

const plain = (qos: Qos, retain: boolean): Delivery => ({ qos, retain, identifiers: [], shared: undefined });

/** Deliveries of ordinary subscriptions without identifier, which most are. */
const common: ByQos = [plain(0, false), plain(1, false), plain(2, false)];
const commonByGrant = [
  [common[0], common[0], common[0]],
  [common[0], common[1], common[1]],
  [common[0], common[1], common[2]],
] as const satisfies readonly ByQos[];

/** Overlapping filters of one client: one delivery at the highest QoS. [MQTT-3.3.5-1] */
function merge(subscriptions: readonly Subscription[], retain: boolean): ByQos {
  const granted = subscriptions.reduce<Qos>((highest, { qos }) => (qos > highest ? qos : highest), 0);
  const identifiers = subscriptions
    .flatMap(({ identifier }) => (identifier === undefined ? [] : [identifier]))
    .sort((a, b) => a - b);
  const shared = sharedFilters(subscriptions);
  if (!retain && identifiers.length === 0 && shared === undefined) return commonByGrant[granted];
  const at = (qos: Qos): Delivery => ({ qos: lower(qos, granted), retain, identifiers, shared });
  return [at(0), at(1), at(2)];
}

function sharedFilters(subscriptions: readonly Subscription[]): readonly string[] | undefined {
  const filters = subscriptions.map(({ filter }) => filter);
  return filters.every(isSharedFilter) ? filters : undefined;
}
