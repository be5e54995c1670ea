import { isUtf8 } from 'node:buffer';
import { binaryEnd, fieldText, fixedEnd, qosOf, uint16At } from './fields.ts';
import { headerLength } from './frame.ts';
import { packetTypeOf, packetTypes } from './packet-type.ts';
import { findProperty, propertiesEnd, propertiesStart } from './properties.ts';
import { clientProperties, propertyIds } from './property-table.ts';
import { reasonCodes } from './reason-codes.ts';
import { malformed, protocolError, type Refusal, refuse } from './refusal.ts';
import type { TopicMemo } from './topic-memo.ts';
import { topicNameFault } from './topic-scan.ts';
import type { ProtocolVersion } from './version.ts';

/** Where the parts of a PUBLISH lie. Offsets count from the start of the frame. */
export interface PublishHeader {
  readonly kind: 'publish';
  readonly qos: 0 | 1 | 2;
  readonly isDuplicate: boolean;
  readonly isRetained: boolean;
  /** Empty only when `topicAlias` stands for it. */
  readonly topic: string;
  /** 1 to 65,535; 0 for QoS 0. */
  readonly packetId: number;
  /** Of the first property, behind the property length. For MQTT 3.1 and 3.1.1 it is `payloadStart`. */
  readonly propertiesStart: number;
  /** Behind the last property as well. */
  readonly payloadStart: number;
  /** 1 to 65,535. Whether it is known and within the maximum is for the connection to say. */
  readonly topicAlias: number | undefined;
}

const faults = {
  qos: malformed('MQTT-3.3.1-4', 'PUBLISH has both QoS bits set'),
  duplicate: malformed('MQTT-3.3.1-2', 'PUBLISH has DUP set at QoS 0'),
  packetId: protocolError('MQTT-2.2.1-3', 'PUBLISH has packet identifier 0'),
  topic: protocolError('3.3.2.1', 'PUBLISH has neither a topic name nor a topic alias'),
  payload: refuse(
    reasonCodes.payloadFormatInvalid,
    '3.3.2.3.2',
    'Payload Format Indicator says UTF-8, and the payload is not',
  ),
} as const;

/** Checks the payload of a section of properties against its Payload Format Indicator. [MQTT 5, 3.3.2.3.2] */
export function payloadFormatFault(
  frame: Buffer,
  propertiesFrom: number,
  propertiesTo: number,
  payloadStart: number,
  payloadEnd: number,
): Refusal | undefined {
  const at = findProperty(frame, propertiesFrom, propertiesTo, propertyIds.payloadFormatIndicator);
  if (at === -1 || frame[at] !== 1) return undefined;
  return isUtf8(frame.subarray(payloadStart, payloadEnd)) ? undefined : faults.payload;
}

/** Reads and checks the first byte of a PUBLISH. */
export function publishQos(first: number): 0 | 1 | 2 | Refusal {
  const qos = qosOf((first >> 1) & 3);
  if (qos === undefined) return faults.qos;
  return qos === 0 && (first & 8) !== 0 ? faults.duplicate : qos;
}

/**
 * Reads and checks a PUBLISH from a client. [MQTT 5, 3.3]
 * @param frame a whole packet of that type
 * @param memo of the same client
 */
export function parsePublish(frame: Buffer, version: ProtocolVersion, memo?: TopicMemo): PublishHeader | Refusal {
  const flags = frame[0] ?? 0;
  const qos = publishQos(flags);
  if (typeof qos !== 'number') return qos;
  const topicAt = headerLength(frame);
  const topicEnd = binaryEnd(frame, topicAt, frame.length, 'the topic name');
  if (typeof topicEnd !== 'number') return topicEnd;
  const isTopicEmpty = topicEnd === topicAt + 2;
  let topic = memo?.recall(frame, topicAt + 2, topicEnd);
  if (topic === undefined) {
    const topicFault = isTopicEmpty && version === 5 ? undefined : topicNameFault(frame, topicAt + 2, topicEnd);
    if (topicFault !== undefined) return topicFault;
    topic = fieldText(frame, topicAt, topicEnd);
    if (!isTopicEmpty) memo?.keep(frame, topicAt + 2, topicEnd, topic);
  }

  let at = topicEnd;
  let packetId = 0;
  if (qos > 0) {
    const packetIdEnd = fixedEnd(at, 2, frame.length, 'the packet identifier');
    if (typeof packetIdEnd !== 'number') return packetIdEnd;
    packetId = uint16At(frame, at);
    if (packetId === 0) return faults.packetId;
    at = packetIdEnd;
  }

  let start = at;
  let topicAlias: number | undefined;
  if (version === 5) {
    const end = propertiesEnd(frame, at, clientProperties.publish);
    if (typeof end !== 'number') return end;
    start = propertiesStart(frame, at);
    at = end;
    if (start < end) {
      const aliasAt = findProperty(frame, start, end, propertyIds.topicAlias);
      if (aliasAt !== -1) topicAlias = uint16At(frame, aliasAt);
      const fault = payloadFormatFault(frame, start, end, end, frame.length);
      if (fault !== undefined) return fault;
    }
    if (isTopicEmpty && topicAlias === undefined) return faults.topic;
  }
  return {
    kind: 'publish',
    qos,
    isDuplicate: (flags & 8) !== 0,
    isRetained: (flags & 1) !== 0,
    topic,
    packetId,
    propertiesStart: start,
    payloadStart: at,
    topicAlias,
  };
}

/**
 * The packet identifier of a packet that has one and has been checked.
 * @returns 0 for a PUBLISH at QoS 0, and for a frame too short to have one
 */
export function packetIdOf(frame: Buffer): number {
  let at = headerLength(frame);
  if (packetTypeOf(frame) === packetTypes.publish) {
    const isNumbered = (frame[0]! & 0x06) !== 0 && at + 2 <= frame.length;
    if (!isNumbered) return 0;
    at += 2 + uint16At(frame, at);
  }
  return at + 2 <= frame.length ? uint16At(frame, at) : 0;
}
