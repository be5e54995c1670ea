import type { Message } from '../../plane/message.ts';
import type { Delivery } from '../../plane/plane.ts';
import { QueuedPublish } from '../publish/queued-publish.ts';
import { RawPublish } from '../publish/raw-publish.ts';
import { StoredPublish } from '../publish/stored-publish.ts';
import type { QueueKey } from '../store-port.ts';

/** A message on its way to one client. */
export interface Outgoing {
  readonly message: Message;
  readonly delivery: Delivery;
  /** What it occupies while it waits. */
  readonly bytes: number;
  /** Milliseconds since the epoch at which it came. */
  readonly since: number;
}

/** What a message occupies while it waits, roughly: its bytes and the objects around them. */
const bytesOf = ({ topic, payload }: Message): number => payload.length + topic.length + 256;

/** A message that has to wait; it gets bytes of its own, or it would keep all that it was read with. */
export const waiting = (message: Message, delivery: Delivery, since: number): Outgoing => ({
  message: message instanceof RawPublish ? message.detached() : message,
  delivery,
  bytes: bytesOf(message),
  since,
});

/** Under which identity the queues know a message. @returns undefined when it stands in none. */
export const queueKeyOf = (message: Message): QueueKey | undefined =>
  message instanceof RawPublish || message instanceof QueuedPublish || message instanceof StoredPublish
    ? message.queueKey
    : undefined;

/**
 * What is left of a Message Expiry Interval. [MQTT-3.3.2-6]
 * @returns seconds; undefined when it does not expire, 0 when it has. [MQTT-3.3.2-5]
 */
export function secondsLeft({ message, since }: Outgoing, now: number): number | undefined {
  const interval = message.properties?.messageExpiryInterval;
  return interval === undefined ? undefined : Math.max(0, interval - Math.floor((now - since) / 1_000));
}
