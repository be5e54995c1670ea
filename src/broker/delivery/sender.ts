import type { AcknowledgementType } from '../../mqtt/encode-acknowledgement.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { Qos } from '../../plane/message.ts';
import { type DeliveryDetails, DeliveryEncoder, type EncoderOptions } from './encoder.ts';
import type { Outgoing } from './outgoing.ts';
import { type Awaited, Window } from './window.ts';

/** The way to one client. */
export interface DeliverySink {
  /**
   * Sends a PUBLISH that waits for nobody: a client that does not read loses QoS 0 first, then its connection.
   * @param rest follows the frame; others get it too
   * @returns false when it was not sent
   */
  deliver(frame: Uint8Array, qos: Qos, rest?: Uint8Array): boolean;
  /** Sends an acknowledgement without Reason String; it may not be lost. */
  acknowledge(type: AcknowledgementType, version: ProtocolVersion, packetId: number, reasonCode: number): void;
  /** True while the client does not take what was sent. */
  isCongested(): boolean;
  /** So many bytes wait elsewhere until the client has answered. */
  holds(bytes: number): void;
  /** Ends the connection. @param reason a sentence for the log */
  fail(reason: string): void;
}

export interface SenderOptions extends EncoderOptions {
  /** QoS 1 and 2 messages that may be under way, 1 to 65,535. [MQTT-3.3.4-9] */
  readonly receiveMaximum: number;
}

const awaited = (qos: Qos): Awaited => (qos === 1 ? 'puback' : 'pubrec');

/** Numbers, encodes and sends messages to one client. */
export class Sender {
  readonly window: Window;
  readonly sink: DeliverySink;
  readonly #encoder: DeliveryEncoder;

  constructor(options: SenderOptions, sink: DeliverySink) {
    this.window = new Window(options.receiveMaximum);
    this.sink = sink;
    this.#encoder = new DeliveryEncoder(options);
  }

  /** At QoS 0. */
  send({ message, delivery }: Pick<Outgoing, 'message' | 'delivery'>): void {
    const frame = this.#encoder.encode(message, delivery, 0);
    if (frame !== undefined && !this.sink.deliver(frame, 0)) this.#encoder.dropped(message.topic);
  }

  /**
   * At QoS 1 and 2, under a new packet identifier; the window must not be full.
   * @param keeps whether the message must be at hand until it is answered
   * @returns the identifier and what to send; undefined where it is too large for the client
   */
  number(outgoing: Outgoing, secondsLeft: number | undefined, keeps: boolean): NumberedPacket | undefined {
    const { message, delivery } = outgoing;
    const packetId = this.window.take(awaited(delivery.qos), keeps ? outgoing : undefined);
    const details = secondsLeft === undefined ? undefined : { secondsLeft };
    const apart = this.#encoder.encodeApart(message, delivery, packetId, details);
    if (apart !== undefined) return { packetId, frame: apart.head, rest: apart.rest };
    const frame = this.#encoder.encode(message, delivery, packetId, details);
    if (frame !== undefined) return { packetId, frame, rest: undefined };
    this.window.release(packetId);
    return undefined;
  }

  /** Again, under the packet identifier of before. [MQTT-4.4.0-1] @returns false where it is too large for the client */
  resend({ message, delivery }: Outgoing, packetId: number, details: DeliveryDetails): boolean {
    const frame = this.#encoder.encode(message, delivery, packetId, { ...details, dup: true });
    if (frame === undefined) return false;
    this.window.set(packetId, awaited(delivery.qos));
    this.sink.deliver(frame, delivery.qos);
    return true;
  }
}

export interface NumberedPacket {
  readonly packetId: number;
  readonly frame: Buffer;
  /** What follows the frame; others get it too. */
  readonly rest: Buffer | undefined;
}
