import { packetTypes } from './packet-type.ts';
import { reasonCodes } from './reason-codes.ts';
import { reasonSection } from './reason-section.ts';
import type { ProtocolVersion } from './version.ts';
import { writePacket } from './write-packet.ts';

/**
 * @param codes one for each filter, in the order of SUBSCRIBE [MQTT-3.9.3-1]; before MQTT 5 there is one failure, 0x80
 * @param packetId 1 to 65,535
 * @param reason the Reason String; only for clients that did not refuse it [MQTT-3.1.2-29]
 * @param maximumPacketSize of the client; the Reason String is left out where it would not fit [MQTT-3.9.2-1]
 */
export function encodeSuback(
  version: ProtocolVersion,
  packetId: number,
  codes: Uint8Array,
  reason = '',
  maximumPacketSize = Number.POSITIVE_INFINITY,
): Buffer {
  if (version === 5 && reason !== '') {
    const head = [packetId >> 8, packetId & 0xff];
    const full = writePacket(packetTypes.suback << 4, head, Buffer.concat([reasonSection(reason), codes]));
    if (full.length <= maximumPacketSize) return full;
  }
  const known = version === 5 ? codes : codes.map((code) => Math.min(code, reasonCodes.unspecifiedError));
  return writePacket(packetTypes.suback << 4, headOf(version, packetId), known);
}

/** @param codes as above, for MQTT 5; UNSUBACK says nothing before [3.1.1 MQTT-3.10.4-6] */
export function encodeUnsuback(version: ProtocolVersion, packetId: number, codes: Uint8Array): Buffer {
  return writePacket(packetTypes.unsuback << 4, headOf(version, packetId), version === 5 ? codes : noCodes);
}

const noCodes = new Uint8Array(0);

/** In MQTT 5 without properties. */
const headOf = (version: ProtocolVersion, packetId: number): number[] =>
  version === 5 ? [packetId >> 8, packetId & 0xff, 0] : [packetId >> 8, packetId & 0xff];
