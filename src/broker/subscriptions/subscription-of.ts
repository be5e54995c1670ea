import type { RequestedSubscription } from '../../mqtt/read-subscribe.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { Subscriber, Subscription } from '../../plane/plane.ts';
import type { Offers } from '../offers-schema.ts';
import type { StoredSubscription } from '../store-port.ts';

/** As the plane knows it. */
export const subscriptionOf = (
  { filter, qos, noLocal, retainAsPublished }: RequestedSubscription,
  identifier: number | undefined,
  subscriber: Subscriber,
): Subscription => ({ filter, subscriber, qos, noLocal, retainAsPublished, identifier });

/** As the store keeps it; before MQTT 5 there are no options beside the QoS, but those of a bridge. */
export function storedOf(
  { filter, qos, noLocal, retainAsPublished, retainHandling }: RequestedSubscription,
  identifier: number | undefined,
  version: ProtocolVersion,
): StoredSubscription {
  if (version !== 5) return noLocal ? { filter, qos, retainAsPublished, noLocal } : { filter, qos };
  const options = { filter, qos, retainHandling, retainAsPublished, noLocal };
  return identifier === undefined ? options : { ...options, identifier };
}

/** As it was asked for once. */
export const requestOf = ({ filter, qos, retainAsPublished, noLocal }: StoredSubscription): RequestedSubscription => ({
  filter,
  qos,
  noLocal: noLocal === true,
  retainAsPublished: retainAsPublished === true,
  retainHandling: 0,
});

/** Whether the second changes nothing. */
export const isSame = (one: Subscription, other: Subscription): boolean =>
  one.qos === other.qos &&
  one.noLocal === other.noLocal &&
  one.retainAsPublished === other.retainAsPublished &&
  one.identifier === other.identifier;

/** What of it a client gets. */
export function grantedOf(
  request: RequestedSubscription,
  { offers, isBridge }: { readonly offers: Pick<Offers, 'maximumQos'> | undefined; readonly isBridge: boolean },
): RequestedSubscription {
  const qos = offers !== undefined && offers.maximumQos < request.qos ? offers.maximumQos : request.qos;
  const given = qos === request.qos ? request : { ...request, qos };
  return isBridge ? forBridge(given) : given;
}

/** What a bridge cannot ask for before MQTT 5: without it messages would run in circles, and none be retained there. */
const forBridge = (request: RequestedSubscription): RequestedSubscription => ({
  ...request,
  noLocal: true,
  retainAsPublished: true,
});
