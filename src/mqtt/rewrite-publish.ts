import { uint16At } from './fields.ts';
import { headerLength } from './frame.ts';
import { findProperty } from './properties.ts';
import { propertyIds } from './property-table.ts';
import type { PublishHeader } from './publish.ts';
import { variableSize, writeUint16, writeVariable } from './write-fields.ts';

/** A PUBLISH and where its parts lie. */
export interface ParsedPublish {
  readonly frame: Buffer;
  readonly header: PublishHeader;
}

const noTopic = Buffer.alloc(0);
/** Identifier and value of a Topic Alias. */
const aliasBytes = 3;

/**
 * Writes a PUBLISH of MQTT 5 with another topic field and another Topic Alias; all other bytes stay, in their order.
 * @param topic the bytes of the topic field, without their length
 * @param alias 1 to 65,535, or undefined for a packet without
 */
function rewrite(frame: Buffer, header: PublishHeader, topic: Uint8Array, alias: number | undefined): ParsedPublish {
  const { propertiesStart, payloadStart, qos } = header;
  const oldAlias = findProperty(frame, propertiesStart, payloadStart, propertyIds.topicAlias);
  const aliasStart = oldAlias === -1 ? payloadStart : oldAlias - 1;
  const aliasEnd = oldAlias === -1 ? payloadStart : oldAlias + 2;
  const propertyBytes =
    payloadStart - propertiesStart - (aliasEnd - aliasStart) + (alias === undefined ? 0 : aliasBytes);
  const payloadBytes = frame.length - payloadStart;
  const packetIdBytes = qos > 0 ? 2 : 0;
  const remaining = 2 + topic.length + packetIdBytes + variableSize(propertyBytes) + propertyBytes + payloadBytes;

  const written = Buffer.allocUnsafe(1 + variableSize(remaining) + remaining);
  written[0] = frame[0]!;
  let at = writeUint16(written, topic.length, writeVariable(written, remaining, 1));
  written.set(topic, at);
  at += topic.length;
  if (qos > 0) at = writeUint16(written, header.packetId, at);
  at = writeVariable(written, propertyBytes, at);
  const start = at;
  if (alias !== undefined) {
    written[at] = propertyIds.topicAlias;
    at = writeUint16(written, alias, at + 1);
  }
  at += frame.copy(written, at, propertiesStart, aliasStart);
  at += frame.copy(written, at, aliasEnd, payloadStart);
  frame.copy(written, at, payloadStart);
  return {
    frame: written,
    header: { ...header, propertiesStart: start, payloadStart: at, topicAlias: alias },
  };
}

const topicBytes = (frame: Buffer): Buffer => {
  const at = headerLength(frame);
  return frame.subarray(at + 2, at + 2 + uint16At(frame, at));
};

/**
 * A PUBLISH as it would have come without its Topic Alias, which belongs to one connection and one direction.
 * [MQTT-3.3.2-7]
 * @param topic what the alias stands for
 */
export function resolveAlias(frame: Buffer, header: PublishHeader, topic: string): ParsedPublish {
  const { frame: written, header: moved } = rewrite(frame, header, Buffer.from(topic), undefined);
  return { frame: written, header: { ...moved, topic } };
}

/**
 * A copy of a PUBLISH of MQTT 5 with a Topic Alias of ours: with the topic where the client does not know the alias yet,
 * with an empty one afterwards. DUP and packet identifier are those of the frame; see `stampPacketId`. [MQTT 5, 3.3.2.3.4]
 * @param alias 1 to the Topic Alias Maximum of the client [MQTT-3.3.2-11]
 */
export const aliasedFrame = (frame: Buffer, header: PublishHeader, alias: number, isNew: boolean): Buffer =>
  rewrite(frame, header, isNew ? topicBytes(frame) : noTopic, alias).frame;

/**
 * Makes a PUBLISH at QoS 1 or 2 one of ours, in place: with a packet identifier of this hop, and without DUP, which
 * belongs to the hop it was set on. [MQTT-3.3.1-3]
 * @param frame whose packet identifier and flags nobody else reads
 * @param packetId 1 to 65,535
 */
export function stampPacketId(frame: Buffer, packetId: number): void {
  frame[0] = frame[0]! & 0xf7;
  writeUint16(frame, packetId, packetIdStart(frame));
}

/**
 * The same in two pieces, of which the larger one may go to many clients at a time.
 * @returns a copy of what stands before the end of the packet identifier, and the rest as it is
 */
export function stampedApart(frame: Buffer, packetId: number): { readonly head: Buffer; readonly rest: Buffer } {
  const end = packetIdStart(frame) + 2;
  const head = Buffer.from(frame.subarray(0, end));
  stampPacketId(head, packetId);
  return { head, rest: frame.subarray(end) };
}

function packetIdStart(frame: Buffer): number {
  const topicAt = headerLength(frame);
  return topicAt + 2 + uint16At(frame, topicAt);
}
