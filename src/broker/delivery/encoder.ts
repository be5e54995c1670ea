import { encodePublish } from '../../mqtt/encode-publish.ts';
import { aliasedFrame, stampedApart, stampPacketId } from '../../mqtt/rewrite-publish.ts';
import { type OutboundAlias, OutboundAliases } from '../../mqtt/topic-aliases.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { Message } from '../../plane/message.ts';
import type { Delivery } from '../../plane/plane.ts';
import { RawPublish } from '../publish/raw-publish.ts';

export interface EncoderOptions {
  readonly version: ProtocolVersion;
  /** Topic aliases that we may use, 0 to 65,535. [MQTT-3.1.2-26] [MQTT-3.1.2-27] */
  readonly topicAliasMaximum: number;
  /** Largest packet that the client takes, in bytes; undefined: any. [MQTT-3.1.2-24] */
  readonly maximumPacketSize: number | undefined;
}

export interface DeliveryDetails {
  /** Sent before, on an earlier connection. [MQTT-3.3.1-1] */
  readonly dup?: boolean;
  /** What is left of the message's life, in seconds, where it waited. [MQTT-3.3.2-6] */
  readonly secondsLeft?: number | undefined;
}

const none: DeliveryDetails = {};

/** A larger message is not copied for each client that it goes to at QoS 1 or 2. */
const sharedBytes = 32 * 1_024;

/** Writes messages as PUBLISH packets for one client: the bytes that came in where they may stay, and new ones otherwise. */
export class DeliveryEncoder {
  readonly #version: ProtocolVersion;
  readonly #maximumPacketSize: number;
  readonly #aliases: OutboundAliases | undefined;

  constructor({ version, topicAliasMaximum, maximumPacketSize = Number.POSITIVE_INFINITY }: EncoderOptions) {
    this.#version = version;
    this.#maximumPacketSize = maximumPacketSize;
    if (version === 5 && topicAliasMaximum > 0) this.#aliases = new OutboundAliases(topicAliasMaximum);
  }

  /**
   * @param packetId 1 to 65,535; ignored at QoS 0
   * @returns undefined where it is too large for the client, which is as if it had taken it [MQTT-3.1.2-25]
   */
  encode(message: Message, delivery: Delivery, packetId: number, details = none): Buffer | undefined {
    const alias = this.#aliases?.aliasFor(message.topic);
    const frame = this.#write(message, delivery, packetId, details, alias);
    if (frame.length <= this.#maximumPacketSize) return frame;
    if (alias?.isNew !== true) return undefined;
    this.#aliases?.forget(message.topic);
    const plain = this.#write(message, delivery, packetId, details, undefined); // teaching an alias costs some bytes
    return plain.length <= this.#maximumPacketSize ? plain : undefined;
  }

  /**
   * At QoS 1 and 2 a large message that goes on as it came: what belongs to this client, and the bytes that all get.
   * @returns undefined where it is to be encoded whole
   */
  encodeApart(
    message: Message,
    delivery: Delivery,
    packetId: number,
    details = none,
  ): { readonly head: Buffer; readonly rest: Buffer } | undefined {
    if (!(message instanceof RawPublish) || message.frame.length <= sharedBytes) return undefined;
    if (this.#aliases !== undefined || message.frame.length > this.#maximumPacketSize) return undefined;
    return this.#goesOnAsItIs(message, delivery, details) ? stampedApart(message.frame, packetId) : undefined;
  }

  /** A packet that was encoded last for this topic was not sent: the client has not learned its alias. */
  dropped(topic: string): void {
    this.#aliases?.forget(topic);
  }

  #goesOnAsItIs(
    message: RawPublish,
    { qos, retain, identifiers }: Delivery,
    { dup, secondsLeft }: DeliveryDetails,
  ): boolean {
    const isUnchanged = identifiers.length === 0 && !retain && dup !== true && secondsLeft === undefined;
    return isUnchanged && message.fits(this.#version, qos);
  }

  #write(
    message: Message,
    delivery: Delivery,
    packetId: number,
    details: DeliveryDetails,
    alias: OutboundAlias | undefined,
  ): Buffer {
    const version = this.#version;
    const { qos, retain, identifiers } = delivery;
    const { dup = false, secondsLeft } = details;
    if (message instanceof RawPublish && this.#goesOnAsItIs(message, delivery, details))
      return alias === undefined ? message.frameFor(packetId) : withAlias(message, packetId, alias);
    let properties = version === 5 ? message.properties : undefined;
    if (secondsLeft !== undefined && properties !== undefined)
      properties = { ...properties, messageExpiryInterval: secondsLeft };
    const topic = alias === undefined || alias.isNew ? message.topic : '';
    const topicAlias = alias?.alias;
    const { payload } = message;
    return encodePublish(version, { topic, topicAlias, payload, qos, retain, dup, packetId, properties, identifiers });
  }
}

function withAlias({ frame, header }: RawPublish, packetId: number, { alias, isNew }: OutboundAlias): Buffer {
  const written = aliasedFrame(frame, header, alias, isNew);
  if (header.qos > 0) stampPacketId(written, packetId);
  return written;
}
