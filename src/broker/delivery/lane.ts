import type { Message } from '../../plane/message.ts';
import type { Delivery } from '../../plane/plane.ts';
import type { Admission } from '../publish/admission.ts';
import type { QueueTarget, StoredMessage } from '../store-port.ts';
import type { Outgoing } from './outgoing.ts';

/** How the QoS 1 and 2 messages of one session get to its client: what waits, and where. */
export interface Lane {
  /** One more message would be sent at once. */
  readonly hasRoom: boolean;
  push(message: Message, delivery: Delivery): void;
  /** See `EdgePort.admit`; left out where nothing stands in a queue. */
  admit?(targets: readonly QueueTarget[], packet: StoredMessage, isKept: boolean): Admission;
  /** The client may have room. */
  advance(): void;
  /** A QoS 2 message was received; `release` sends PUBREL once that may be done. */
  received(packetId: number, release: () => void): void;
  /** The client is through with a message. */
  finished(packetId: number): void;
  /** The connection is gone. @returns messages for which nothing stands in the store, oldest first */
  close(): readonly Outgoing[];
}
