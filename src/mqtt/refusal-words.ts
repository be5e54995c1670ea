const codesOf = (packet: object): unknown[] => [
  'reasonCode' in packet ? packet.reasonCode : undefined,
  ...('granted' in packet && Array.isArray(packet.granted) ? packet.granted : []),
];

/** The code with which a packet refuses something or ends the connection; of a SUBACK the first. @param packet as mqtt.js shows it */
export const refusedCode = (packet: object): number | undefined =>
  codesOf(packet).find((code): code is number => typeof code === 'number' && code >= 0x80);

/**
 * What the server says in a packet with which it refuses something or ends the connection: its Reason String. [MQTT 5, 2.2.2]
 * @param packet as mqtt.js shows it @returns undefined of a packet that refuses nothing, and `''` where it has no words
 */
export function refusalWords(packet: object): string | undefined {
  if (refusedCode(packet) === undefined) return undefined;
  const properties = 'properties' in packet ? packet.properties : undefined;
  if (typeof properties !== 'object' || properties === null || !('reasonString' in properties)) return '';
  return typeof properties.reasonString === 'string' ? properties.reasonString : '';
}
