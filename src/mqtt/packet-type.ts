/** Control packet types, bits 7 to 4 of the first byte. [MQTT 5, 2.1.2] */
export const packetTypes = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

const names = ['reserved', ...Object.keys(packetTypes)].map((name) => name.toUpperCase());

/** `CONNECT` for 1 and so on; `RESERVED` for 0. @param type 0 to 15 */
export const packetName = (type: number): string => names[type] ?? 'UNKNOWN';

/** The type of a packet. @param frame a whole packet; 0 when it is empty */
export const packetTypeOf = (frame: Buffer): number => (frame[0] ?? 0) >> 4;
