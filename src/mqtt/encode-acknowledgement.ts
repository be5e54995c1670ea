import { packetTypes } from './packet-type.ts';
import { reasonCodes } from './reason-codes.ts';
import { reasonSection } from './reason-section.ts';
import type { ProtocolVersion } from './version.ts';
import { writePacket } from './write-packet.ts';

export type AcknowledgementType = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

/** PUBREL has a flag that says nothing and must be there. [MQTT-3.6.1-1] */
export const acknowledgementStarts: Readonly<Record<AcknowledgementType, number>> = {
  puback: packetTypes.puback << 4,
  pubrec: packetTypes.pubrec << 4,
  pubrel: (packetTypes.pubrel << 4) | 2,
  pubcomp: packetTypes.pubcomp << 4,
};

const nothing = Buffer.alloc(0);

/** Whether an acknowledgement without Reason String is its first byte, its length and the packet identifier: four bytes. */
export const isShortAcknowledgement = (version: ProtocolVersion, reasonCode: number): boolean =>
  version !== 5 || reasonCode === reasonCodes.success;

/**
 * Writes an acknowledgement in its shortest form: without a reason code where that is success. [MQTT 5, 3.4 to 3.7]
 * @param packetId 1 to 65,535
 * @param reasonCode left out before MQTT 5, which has none in these packets
 * @param reason the Reason String; only for clients that did not refuse it [MQTT-3.1.2-29]
 * @param maximumPacketSize of the client; the Reason String is left out where it would not fit [MQTT-3.4.2-2]
 */
export function encodeAcknowledgement(
  type: AcknowledgementType,
  version: ProtocolVersion,
  packetId: number,
  reasonCode: number = reasonCodes.success,
  reason = '',
  maximumPacketSize = Number.POSITIVE_INFINITY,
): Buffer {
  if (version === 5 && reason !== '') {
    const head = [packetId >> 8, packetId & 0xff, reasonCode];
    const full = writePacket(acknowledgementStarts[type], head, reasonSection(reason));
    if (full.length <= maximumPacketSize) return full;
  }
  if (!isShortAcknowledgement(version, reasonCode))
    return writePacket(acknowledgementStarts[type], [packetId >> 8, packetId & 0xff, reasonCode], nothing);
  const frame = Buffer.allocUnsafe(4);
  frame[0] = acknowledgementStarts[type];
  frame[1] = 2;
  frame[2] = packetId >> 8;
  frame[3] = packetId & 0xff;
  return frame;
}
