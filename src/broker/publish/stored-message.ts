import type { Message } from '../../plane/message.ts';
import type { QueueKey, StoredMessage } from '../store-port.ts';
import { toStoredProperties } from '../stored-properties.ts';

/** A message as the stores keep it. @param now milliseconds since the epoch */
export function toStoredMessage(message: Message, key: QueueKey, now: number): StoredMessage {
  const { topic, payload, qos, retain, properties, origin } = message;
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
