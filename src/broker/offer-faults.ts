import type { WillHeader } from '../mqtt/connect.ts';
import type { PublishHeader } from '../mqtt/publish.ts';
import { readSubscribe } from '../mqtt/read-subscribe.ts';
import { reasonCodes } from '../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../mqtt/refusal.ts';
import { isSharedFilter } from '../mqtt/topic.ts';
import type { Offers } from './offers-schema.ts';

const qosFault = (clause: string, { maximumQos }: Offers): Refusal =>
  refuse(
    reasonCodes.qosNotSupported,
    clause,
    `a message at a QoS above ${maximumQos}, the highest that the listener takes (listeners[].mqtt.maximumQos)`,
  );

const retainFault = (clause: string): Refusal =>
  refuse(
    reasonCodes.retainNotSupported,
    clause,
    'a retained message, which the listener does not take (listeners[].mqtt.retain)',
  );

/** What a will asks for and cannot have. */
export function willFault({ qos, isRetained }: WillHeader, offers: Offers): Refusal | undefined {
  if (qos > offers.maximumQos) return qosFault('MQTT-3.2.2-12', offers);
  return isRetained && !offers.retain ? retainFault('MQTT-3.2.2-13') : undefined;
}

/** The client was told, or cannot be told: the connection ends. */
export function publishFault(
  { qos, isRetained }: Pick<PublishHeader, 'qos' | 'isRetained'>,
  offers: Offers,
): Refusal | undefined {
  if (qos > offers.maximumQos) return qosFault('MQTT-3.2.2-11', offers);
  return isRetained && !offers.retain ? retainFault('MQTT-3.2.2-14') : undefined;
}

const wildcards = refuse(
  reasonCodes.wildcardSubscriptionsNotSupported,
  '3.2.2.3.11',
  'a topic filter with + or #, which the listener does not take (listeners[].mqtt.wildcardSubscriptions)',
);
const identifiers = refuse(
  reasonCodes.subscriptionIdentifiersNotSupported,
  '3.2.2.3.12',
  'a subscription identifier, which the listener does not take (listeners[].mqtt.subscriptionIdentifiers)',
);
const shared = refuse(
  reasonCodes.sharedSubscriptionsNotSupported,
  '3.2.2.3.13',
  'a shared subscription, which the listener does not take (listeners[].mqtt.sharedSubscriptions)',
);

/** What one filter asks for and cannot have. */
export function filterFault(
  filter: string,
  { wildcardSubscriptions, sharedSubscriptions }: Offers,
): Refusal | undefined {
  if (!sharedSubscriptions && isSharedFilter(filter)) return shared;
  return !wildcardSubscriptions && /[+#]/.test(filter) ? wildcards : undefined;
}

/** An MQTT 5 client was told, so that it is a protocol error. @param frame a SUBSCRIBE that was validated */
export function subscribeFault(frame: Buffer, offers: Offers): Refusal | undefined {
  const { identifier, filters } = readSubscribe(frame, 5);
  if (identifier !== undefined && !offers.subscriptionIdentifiers) return identifiers;
  if (offers.wildcardSubscriptions && offers.sharedSubscriptions) return undefined;
  for (const { filter } of filters) {
    const fault = filterFault(filter, offers);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
