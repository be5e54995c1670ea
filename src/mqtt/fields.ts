import { malformed, type Refusal, refuse } from './refusal.ts';
import { utf8Fault } from './utf8.ts';

/** Two byte integer. The caller knows that both bytes are there. [MQTT 5, 1.5.2] */
export const uint16At = (frame: Buffer, at: number): number => (frame[at]! << 8) | frame[at + 1]!;

/** Four byte integer. The caller knows that the bytes are there. [MQTT 5, 1.5.3] */
export const uint32At = (frame: Buffer, at: number): number => uint16At(frame, at) * 65_536 + uint16At(frame, at + 2);

/** The quality of service that two bits mean. @returns undefined for 3, which none has. [MQTT-3.3.1-4] */
export const qosOf = (bits: number): 0 | 1 | 2 | undefined =>
  bits === 0 || bits === 1 || bits === 2 ? bits : undefined;

/** The end of `size` bytes, or a refusal when the packet or its properties end before. */
export function fixedEnd(at: number, size: number, end: number, what: string): number | Refusal {
  return at + size <= end ? at + size : malformed('4.13.1', `${what} is cut short`);
}

/** The end of a field with a two byte length before it: binary data. [MQTT 5, 1.5.6] */
export function binaryEnd(frame: Buffer, at: number, end: number, what: string): number | Refusal {
  if (at + 2 > end) return malformed('4.13.1', `${what} is missing or cut short`);
  const fieldEnd = at + 2 + uint16At(frame, at);
  return fieldEnd <= end ? fieldEnd : malformed('4.13.1', `${what} is longer than what holds it`);
}

/** The end of a UTF-8 string, whose bytes are checked. [MQTT 5, 1.5.4] */
export function textEnd(frame: Buffer, at: number, end: number, what: string): number | Refusal {
  const fieldEnd = binaryEnd(frame, at, end, what);
  if (typeof fieldEnd !== 'number') return fieldEnd;
  const fault = utf8Fault(frame, at + 2, fieldEnd);
  return fault === undefined ? fieldEnd : refuse(fault.reasonCode, fault.clause, `${what} ${fault.message}`);
}

/** The text of a field that `textEnd` has passed. */
export const fieldText = (frame: Buffer, at: number, end: number): string => frame.toString('utf8', at + 2, end);

/** The end of a variable byte integer: one to four bytes, as few as it takes. [MQTT-1.5.5-1] */
export function variableEnd(frame: Buffer, at: number, end: number, what: string): number | Refusal {
  for (let digit = 0; digit < 4; digit += 1) {
    if (at + digit >= end) return malformed('4.13.1', `${what} is missing or cut short`);
    const byte = frame[at + digit]!;
    if (byte >= 0x80) continue;
    if (byte > 0 || digit === 0) return at + digit + 1;
    return malformed('MQTT-1.5.5-1', `${what} takes more bytes than it needs`);
  }
  return malformed('1.5.5', `${what} takes more than four bytes`);
}

/** The value of a variable byte integer that `variableEnd` has passed: 0 to 268,435,455. */
export function variableAt(frame: Buffer, at: number): number {
  let value = 0;
  let offset = at;
  for (let shift = 0; ; shift += 7) {
    const byte = frame[offset]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80 || shift >= 21) return value;
    offset += 1;
  }
}

/** Bytes of a variable byte integer that `variableEnd` has passed: 1 to 4. */
export function variableBytesAt(frame: Buffer, at: number): number {
  let size = 1;
  while (size < 4 && frame[at + size - 1]! >= 0x80) size += 1;
  return size;
}
