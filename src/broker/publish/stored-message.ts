import type { Message, MessageProperties } from '../../plane/message.ts';
import type { QueueKey, StoredMessage } from '../store-port.ts';
import { toStoredProperties } from '../stored-properties.ts';

/**
 * A message as the stores keep it.
 * @param now milliseconds since the epoch
 * @param maxSeconds after which it expires at the latest; see `limits.messageExpiry`
 */
export function toStoredMessage(
  message: Message,
  key: QueueKey,
  now: number,
  maxSeconds = Number.POSITIVE_INFINITY,
): StoredMessage {
  const { topic, payload, qos, retain, origin } = message;
  const properties = expiringWithin(message.properties, maxSeconds);
  const interval = properties?.messageExpiryInterval;
  return {
    cmd: 'publish',
    topic,
    payload,
    qos,
    retain,
    runId: key.runId,
    counter: key.counter,
    ...(origin.kind === 'client' ? { clientId: origin.clientId } : {}),
    ...(properties === undefined ? {} : { properties: toStoredProperties(properties) }),
    ...(interval === undefined ? {} : { expiresAt: now + interval * 1_000 }),
  };
}

function expiringWithin(properties: MessageProperties | undefined, maxSeconds: number): MessageProperties | undefined {
  const own = properties?.messageExpiryInterval ?? Number.POSITIVE_INFINITY;
  return own <= maxSeconds ? properties : { ...properties, messageExpiryInterval: maxSeconds };
}
