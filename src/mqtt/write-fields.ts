/** Bytes that a variable byte integer takes: 1 to 4. [MQTT-1.5.5-1] */
export const variableSize = (value: number): number =>
  value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;

/** Writes a variable byte integer. @returns the offset behind it. [MQTT 5, 1.5.5] */
export function writeVariable(target: Buffer, value: number, at: number): number {
  let rest = value;
  let offset = at;
  do {
    const digit = rest & 127;
    rest >>>= 7;
    target[offset] = rest > 0 ? digit | 128 : digit;
    offset += 1;
  } while (rest > 0);
  return offset;
}

/** Bytes that a text takes with its length. */
export const stringSize = (text: string): number => 2 + Buffer.byteLength(text);

/** Characters up to which a text is written here; longer ones are written faster by Node's own code. */
const shortText = 64;

/** Writes a UTF-8 string of at most 65,535 bytes. @returns the offset behind it. [MQTT 5, 1.5.4] */
export function writeString(target: Buffer, text: string, at: number): number {
  const end = text.length > shortText ? undefined : writeShortAscii(target, text, at);
  if (end !== undefined) return end;
  const length = target.write(text, at + 2);
  target.writeUInt16BE(length, at);
  return at + 2 + length;
}

/** @returns undefined where it is not ASCII alone */
function writeShortAscii(target: Buffer, text: string, at: number): number | undefined {
  const { length } = text;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return undefined;
    target[at + 2 + index] = code;
  }
  target[at] = 0;
  target[at + 1] = length;
  return at + 2 + length;
}

/** Writes a two byte integer. @returns the offset behind it. [MQTT 5, 1.5.2] */
export function writeUint16(target: Buffer, value: number, at: number): number {
  target[at] = value >> 8;
  target[at + 1] = value & 0xff;
  return at + 2;
}
