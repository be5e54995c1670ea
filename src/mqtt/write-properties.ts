import { variableSize, writeVariable } from './write-fields.ts';

/** One property each, or none where there is no value. [MQTT 5, 2.2.2] */
export const byteProperty = (id: number, value: number | undefined): Buffer[] =>
  value === undefined ? [] : [Buffer.from([id, value])];

export const twoByteProperty = (id: number, value: number | undefined): Buffer[] =>
  value === undefined ? [] : [Buffer.from([id, value >> 8, value & 0xff])];

export function fourByteProperty(id: number, value: number | undefined): Buffer[] {
  if (value === undefined) return [];
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = id;
  bytes.writeUInt32BE(value, 1);
  return [bytes];
}

/** Text, or binary data: both have their length before them. @param value of at most 65,535 bytes */
export function textProperty(id: number, value: string | Uint8Array | undefined): Buffer[] {
  if (value === undefined) return [];
  const bytes = Buffer.from(value);
  return [Buffer.from([id, bytes.length >> 8, bytes.length & 0xff]), bytes];
}

/** The properties of a packet with their length before them. */
export function propertySection(properties: readonly Buffer[]): Buffer {
  const section = Buffer.concat(properties);
  const length = Buffer.allocUnsafe(variableSize(section.length));
  writeVariable(length, section.length, 0);
  return Buffer.concat([length, section]);
}
