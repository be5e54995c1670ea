import { propertyIds } from './property-table.ts';
import { stringSize, variableSize, writeString, writeUint16, writeVariable } from './write-fields.ts';

/** What a PUBLISH to a client carries. Values are taken as valid: they were checked when they came in. */
export interface OutgoingPublish {
  /** Empty where `topicAlias` stands for it. */
  readonly topic: string;
  /** 1 to 65,535; for MQTT 5 only. */
  readonly topicAlias?: number | undefined;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 1 to 65,535; ignored at QoS 0. */
  readonly packetId: number;
  readonly properties: PublishProperties | undefined;
  readonly identifiers: readonly number[];
}

/** The application properties of a PUBLISH: those that travel with the message, hop by hop. [MQTT 5, 3.3.2.3] */
export interface PublishProperties {
  /** 1: the payload is UTF-8 text. */
  readonly payloadFormatIndicator?: 0 | 1;
  /** Remaining life in seconds, 0 to 4,294,967,295. */
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  /** In the order of the packet; keys may repeat. [MQTT-3.3.2-18] */
  readonly userProperties?: readonly (readonly [key: string, value: string])[];
}

function propertiesSize({ properties, identifiers, topicAlias }: OutgoingPublish): number {
  let size = topicAlias === undefined ? 0 : 3;
  for (const identifier of identifiers) size += 1 + variableSize(identifier);
  if (properties === undefined) return size;
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData } = properties;
  if (payloadFormatIndicator !== undefined) size += 2;
  if (messageExpiryInterval !== undefined) size += 5;
  if (contentType !== undefined) size += 1 + stringSize(contentType);
  if (responseTopic !== undefined) size += 1 + stringSize(responseTopic);
  if (correlationData !== undefined) size += 3 + correlationData.length;
  for (const [key, value] of properties.userProperties ?? []) size += 1 + stringSize(key) + stringSize(value);
  return size;
}

function writeProperties(target: Buffer, properties: PublishProperties, start: number): number {
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData } = properties;
  let at = start;
  if (payloadFormatIndicator !== undefined) {
    target[at++] = propertyIds.payloadFormatIndicator;
    target[at++] = payloadFormatIndicator;
  }
  if (messageExpiryInterval !== undefined) {
    target[at++] = propertyIds.messageExpiryInterval;
    at = target.writeUInt32BE(messageExpiryInterval, at);
  }
  if (contentType !== undefined) {
    target[at++] = propertyIds.contentType;
    at = writeString(target, contentType, at);
  }
  if (responseTopic !== undefined) {
    target[at++] = propertyIds.responseTopic;
    at = writeString(target, responseTopic, at);
  }
  if (correlationData !== undefined) {
    target[at++] = propertyIds.correlationData;
    at = target.writeUInt16BE(correlationData.length, at);
    target.set(correlationData, at);
    at += correlationData.length;
  }
  for (const [key, value] of properties.userProperties ?? []) {
    target[at++] = propertyIds.userProperty;
    at = writeString(target, key, at);
    at = writeString(target, value, at);
  }
  return at;
}

/** Writes a PUBLISH for MQTT 3.1, 3.1.1 (properties left out) or 5. [MQTT-3.3] */
export function encodePublish(version: 3 | 4 | 5, packet: OutgoingPublish): Buffer {
  const { topic, topicAlias, payload, qos, retain, dup, packetId, properties, identifiers } = packet;
  const propertyBytes = version === 5 ? propertiesSize(packet) : 0;
  const propertyField = version === 5 ? variableSize(propertyBytes) + propertyBytes : 0;
  const remaining = stringSize(topic) + (qos > 0 ? 2 : 0) + propertyField + payload.length;
  const frame = Buffer.allocUnsafe(1 + variableSize(remaining) + remaining);
  frame[0] = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  let at = writeString(frame, topic, writeVariable(frame, remaining, 1));
  if (qos > 0) at = frame.writeUInt16BE(packetId, at);
  if (version === 5) {
    at = writeVariable(frame, propertyBytes, at);
    if (topicAlias !== undefined) {
      frame[at++] = propertyIds.topicAlias;
      at = writeUint16(frame, topicAlias, at);
    }
    for (const identifier of identifiers) {
      frame[at++] = propertyIds.subscriptionIdentifier;
      at = writeVariable(frame, identifier, at);
    }
    if (properties !== undefined) at = writeProperties(frame, properties, at);
  }
  frame.set(payload, at);
  return frame;
}
