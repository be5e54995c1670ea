import { malformed, type Refusal } from './refusal.ts';

/** Longest UTF-8 string, and longest binary data, of MQTT. [MQTT-1.5.4] [MQTT-1.5.6] */
export const maxTextBytes = 65_535;

const loneSurrogate = /\p{Surrogate}/u;

/** True for text that UTF-8 can carry: no surrogate without its other half. [MQTT-1.5.4-1] */
export const isWellFormed = (text: string): boolean => !loneSurrogate.test(text);

// U+0001 to U+001F, U+007F to U+009F, and what Unicode says is no character
const unwelcome = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;

/** Holds a character that text should not have, and that a receiver may refuse. [MQTT 5, 1.5.4] */
export const hasControlCharacters = (text: string): boolean => unwelcome.test(text);

/**
 * Bytes of the well-formed UTF-8 sequence at `at`, whose first byte is 0x80 or above: 2 to 4, or 0 when there is none.
 * Overlong forms, surrogates and what lies beyond U+10FFFF are not well-formed. RFC 3629 4
 */
export function sequenceBytes(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + size > end) return 0;
  const second = bytes[at + 1]!;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let offset = 2; offset < size; offset += 1) if ((bytes[at + offset]! & 0xc0) !== 0x80) return 0;
  return size;
}

const nullCharacter = malformed('MQTT-1.5.4-2', 'holds the character U+0000');
const illFormed = malformed('MQTT-1.5.4-1', 'is not well-formed UTF-8');

/**
 * Checks the bytes of a UTF-8 string. Control characters and non-characters pass, see `hasControlCharacters`.
 * @returns a constant refusal whose message wants the name of the field in front
 */
export function utf8Fault(bytes: Uint8Array, start: number, end: number): Refusal | undefined {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte === 0) return nullCharacter;
    if (byte < 0x80) continue;
    const size = sequenceBytes(bytes, at, end);
    if (size === 0) return illFormed;
    at += size - 1;
  }
  return undefined;
}
