import { uint16At } from '../mqtt/fields.ts';
import { headerLength } from '../mqtt/frame.ts';
import type { PublishHeader } from '../mqtt/publish.ts';
import { readPublishProperties } from '../mqtt/publish-properties.ts';
import type { ProtocolVersion } from '../mqtt/version.ts';
import type { Message, MessageProperties, Origin, Qos } from '../plane/message.ts';

/** A message that is still the PUBLISH it came in: where the bytes may stay, they are forwarded as they are. */
export class RawPublish implements Message {
  readonly frame: Buffer;
  readonly origin: Origin;
  readonly #header: PublishHeader;
  readonly #version: ProtocolVersion;
  #properties: MessageProperties | undefined;
  #isRead = false;

  constructor(frame: Buffer, header: PublishHeader, version: ProtocolVersion, origin: Origin) {
    this.frame = frame;
    this.origin = origin;
    this.#header = header;
    this.#version = version;
  }

  get topic(): string {
    return this.#header.topic;
  }

  get qos(): Qos {
    return this.#header.qos;
  }

  get retain(): boolean {
    return this.#header.isRetained;
  }

  get payload(): Uint8Array {
    return this.frame.subarray(this.#header.payloadStart);
  }

  get properties(): MessageProperties | undefined {
    if (!this.#isRead) {
      this.#isRead = true;
      const { propertiesStart, propertiesEnd } = this.#header;
      this.#properties = readPublishProperties(this.frame, propertiesStart, propertiesEnd);
    }
    return this.#properties;
  }

  /** The same message with bytes of its own; the frame is a piece of what was read and would keep all of it. */
  detached(): RawPublish {
    return new RawPublish(Buffer.from(this.frame), this.#header, this.#version, this.origin);
  }

  /**
   * The packet for a client that speaks the same version, at the QoS of the message. At QoS 0 it is the frame itself.
   * @param packetId 1 to 65,535; ignored at QoS 0.
   * @returns undefined where the packet has to be written anew.
   */
  frameFor(version: ProtocolVersion, qos: Qos, packetId: number): Buffer | undefined {
    if (qos !== this.qos || (version === 5) !== (this.#version === 5)) return undefined;
    if (qos === 0) return this.frame;
    const copy = Buffer.allocUnsafe(this.frame.length);
    this.frame.copy(copy);
    const topicAt = headerLength(copy);
    copy[0] = (copy[0] ?? 0) & 0xf7; // DUP belongs to the hop it was set on [MQTT-3.3.1-3]
    copy.writeUInt16BE(packetId, topicAt + 2 + uint16At(copy, topicAt));
    return copy;
  }
}
