import { isRefusal } from '../../src/mqtt/refusal.ts';

/** One byte, or bytes. */
export type Part = number | Uint8Array;

export const join = (...parts: Part[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));

/** Hexadecimal digits; blanks are for the reader. */
export const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

export const u16 = (value: number): Buffer => join(value >> 8, value & 0xff);
export const u32 = (value: number): Buffer => join(u16(Math.floor(value / 65_536)), u16(value % 65_536));

/** Bytes with a two byte length before them. */
export const binary = (value: Uint8Array): Buffer => join(u16(value.length), value);
/** A text with a two byte length before it. */
export const text = (value: string): Buffer => binary(Buffer.from(value));

/** A variable byte integer. */
export function variable(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  do {
    digits.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return join(...digits);
}

/** Parts with a variable byte length before them: a property section. */
export function section(...parts: Part[]): Buffer {
  const body = join(...parts);
  return join(variable(body.length), body);
}

/** A whole packet. @param first its first byte, flags included */
export const packet = (first: number, ...parts: Part[]): Buffer => join(first, section(...parts));

/** `'ok'`, or the reason code in hexadecimal and the clause: `'81 MQTT-3.3.1-4'`. */
export const outcome = (result: unknown): string =>
  isRefusal(result) ? `${result.reasonCode.toString(16)} ${result.clause}` : 'ok';

/** A row of a table of cases: what it is, the packet, the outcome. */
export type Case = readonly [name: string, frame: Buffer, expected: string];
