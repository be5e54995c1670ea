import { packetName, packetTypeOf, packetTypes } from './packet-type.ts';
import { malformed, type Refusal } from './refusal.ts';

const { pubrel, subscribe, unsubscribe } = packetTypes;

/** Bits 3 to 0 of the first byte. [MQTT-2.1.3-1] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.15.1-1] */
const requiredFlags = (type: number): number =>
  type === pubrel || type === subscribe || type === unsubscribe ? 0b0010 : 0;

/**
 * Checks the fixed header flags of any packet but PUBLISH, which uses them, in the first byte of a packet.
 * MQTT 3.1 has a DUP flag in PUBREL, SUBSCRIBE and UNSUBSCRIBE as well; it is refused like the others, as the engine
 * cannot read it and no client sends it on a connection that works.
 */
export function flagsFault(first: number): Refusal | undefined {
  const type = first >> 4;
  const flags = first & 0x0f;
  return flags === requiredFlags(type)
    ? undefined
    : malformed('MQTT-2.1.3-1', `${packetName(type)} has flags ${flags}; they must be ${requiredFlags(type)}`);
}

/** Excess bytes behind what a packet may hold. */
export const excessFault = (frame: Buffer, end: number): Refusal | undefined =>
  end === frame.length
    ? undefined
    : malformed('2.1.4', `${packetName(packetTypeOf(frame))} has ${frame.length - end} bytes too many`);
