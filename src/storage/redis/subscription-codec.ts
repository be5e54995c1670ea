import type { StoredSubscription } from '../../broker/store-port.ts';
import type { Qos } from '../../plane/message.ts';
import { toQos, toRecord } from './packet-codec.ts';
import { asBytes, type Reply } from './round-trip.ts';

/** As it stands in Redis, and is told to other nodes: in the words of the package. */
export interface WireSubscription {
  readonly topic: string;
  readonly qos: Qos;
  readonly rh?: number;
  readonly rap?: boolean;
  readonly nl?: boolean;
  readonly subscriptionIdentifier?: number;
}

export function toWire(subscription: StoredSubscription): WireSubscription {
  const { filter, qos, retainHandling, retainAsPublished, noLocal, identifier } = subscription;
  return {
    topic: filter,
    qos,
    ...(retainHandling === undefined ? {} : { rh: retainHandling }),
    ...(retainAsPublished === undefined ? {} : { rap: retainAsPublished }),
    ...(noLocal === undefined ? {} : { nl: noLocal }),
    ...(identifier === undefined ? {} : { subscriptionIdentifier: identifier }),
  };
}

export function fromWire({ topic, qos, rh, rap, nl, subscriptionIdentifier }: WireSubscription): StoredSubscription {
  return {
    filter: topic,
    qos,
    ...(rh === undefined ? {} : { retainHandling: rh }),
    ...(rap === undefined ? {} : { retainAsPublished: rap }),
    ...(nl === undefined ? {} : { noLocal: nl }),
    ...(subscriptionIdentifier === undefined ? {} : { identifier: subscriptionIdentifier }),
  };
}

/** As the package stores it; its versions up to 8 kept only the QoS, as a digit. */
export function toSubscription([filter, value]: readonly [string, Reply]): StoredSubscription {
  const bytes = asBytes(value) ?? Buffer.from('0');
  if (bytes.length === 1) return { filter, qos: toQos(Number(bytes.toString())) };
  const { qos, rh, rap, nl, subscriptionIdentifier } = toRecord(bytes);
  return {
    filter,
    qos: toQos(qos),
    ...(typeof rh === 'number' ? { retainHandling: rh } : {}),
    ...(typeof rap === 'boolean' ? { retainAsPublished: rap } : {}),
    ...(typeof nl === 'boolean' ? { noLocal: nl } : {}),
    ...(typeof subscriptionIdentifier === 'number' ? { identifier: subscriptionIdentifier } : {}),
  };
}
