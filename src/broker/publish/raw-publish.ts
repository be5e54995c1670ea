import type { PublishHeader } from '../../mqtt/publish.ts';
import { readPublishProperties } from '../../mqtt/publish-properties.ts';
import { stampPacketId } from '../../mqtt/rewrite-publish.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { Message, MessageProperties, Origin, Qos } from '../../plane/message.ts';
import type { QueueKey } from '../store-port.ts';

/** A message that is still the PUBLISH it came in: where the bytes may stay, they are forwarded as they are. */
export class RawPublish implements Message {
  readonly frame: Buffer;
  readonly origin: Origin;
  /** Under which identity it stands in the queues of persistent sessions; given to it with its place there. */
  queueKey: QueueKey | undefined;
  readonly header: PublishHeader;
  readonly #version: ProtocolVersion;
  #payload: Uint8Array | undefined;
  #properties: MessageProperties | undefined;
  #isRead = false;
  #isTaken = false;

  constructor(frame: Buffer, header: PublishHeader, version: ProtocolVersion, origin: Origin, queueKey?: QueueKey) {
    this.frame = frame;
    this.origin = origin;
    this.queueKey = queueKey;
    this.header = header;
    this.#version = version;
  }

  get topic(): string {
    return this.header.topic;
  }

  get qos(): Qos {
    return this.header.qos;
  }

  get retain(): boolean {
    return this.header.isRetained;
  }

  get payload(): Uint8Array {
    this.#payload ??= this.frame.subarray(this.header.payloadStart); // making a view costs more than all that reads it
    return this.#payload;
  }

  get properties(): MessageProperties | undefined {
    if (!this.#isRead) {
      this.#isRead = true;
      const { propertiesStart, payloadStart } = this.header;
      this.#properties = readPublishProperties(this.frame, propertiesStart, payloadStart);
    }
    return this.#properties;
  }

  /** The same message with bytes of its own; the frame is a piece of what was read and would keep all of it. */
  detached(): RawPublish {
    return new RawPublish(Buffer.from(this.frame), this.header, this.#version, this.origin, this.queueKey);
  }

  /** Whether a client of this version could take the packet as it is; the retain flag goes no further. [MQTT-3.3.1-12] */
  fits(version: ProtocolVersion, qos: Qos): boolean {
    return qos === this.qos && !this.retain && (version === 5) === (this.#version === 5);
  }

  /**
   * The packet for a client that it fits. At QoS 0 it is the frame itself, and above for the first client that asks.
   * @param packetId 1 to 65,535; ignored at QoS 0.
   */
  frameFor(packetId: number): Buffer {
    if (this.qos === 0) return this.frame;
    if (!this.#isTaken) {
      this.#isTaken = true;
      stampPacketId(this.frame, packetId);
      return this.frame;
    }
    const copy = Buffer.allocUnsafe(this.frame.length);
    this.frame.copy(copy);
    stampPacketId(copy, packetId);
    return copy;
  }
}
