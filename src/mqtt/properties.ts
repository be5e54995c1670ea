import { binaryEnd, fixedEnd, textEnd, variableAt, variableBytesAt, variableEnd } from './fields.ts';
import { type Property, type PropertySet, propertyIds, propertyOf } from './property-table.ts';
import { propertyValueFault } from './property-value.ts';
import { malformed, protocolError, type Refusal } from './refusal.ts';

/**
 * Checks a property section: its length, and of each property that MQTT 5 knows it, that it may stand in this packet,
 * stands there once, has a whole value of its type, and a value in range. Allocates nothing when all is well.
 *
 * @param at offset of the property length
 * @param allowed one of `clientProperties`
 * @returns the offset behind the section
 */
export function propertiesEnd(frame: Buffer, at: number, allowed: PropertySet): number | Refusal {
  const start = variableEnd(frame, at, frame.length, 'the property length');
  if (typeof start !== 'number') return start;
  const end = start + variableAt(frame, at);
  if (end > frame.length) return malformed('2.2.2.1', 'the properties are longer than the packet');
  return propertiesFault(frame, start, end, allowed) ?? end;
}

/** Offset of the first property of a section that `propertiesEnd` has passed. @param at as there */
export const propertiesStart = (frame: Buffer, at: number): number => at + variableBytesAt(frame, at);

function propertiesFault(frame: Buffer, start: number, end: number, allowed: PropertySet): Refusal | undefined {
  let seen = 0;
  let at = start;
  while (at < end) {
    const id = frame[at]!;
    const property = propertyOf(id);
    if (property === undefined)
      return malformed('2.2.2.2', `there is no property 0x${id.toString(16).padStart(2, '0')}`);
    const valueEnd = propertyValueEnd(property, frame, at + 1, end);
    if (typeof valueEnd !== 'number') return valueEnd;
    // 2.2.2.2 counts it as malformed. It parses, though, and clients know 0x82 for it from other servers.
    if ((allowed & property.bit) === 0)
      return protocolError('2.2.2.2', `${property.title} is not allowed in this packet from a client`);
    if ((seen & property.bit) !== 0 && id !== propertyIds.userProperty)
      return protocolError('2.2.2.2', `${property.title} is there more than once`);
    seen |= property.bit;
    const fault = propertyValueFault(id, frame, at + 1, valueEnd);
    if (fault !== undefined) return fault;
    at = valueEnd;
  }
  return undefined;
}

function propertyValueEnd({ type, title }: Property, frame: Buffer, at: number, end: number): number | Refusal {
  switch (type) {
    case 'byte':
      return fixedEnd(at, 1, end, title);
    case 'twoByte':
      return fixedEnd(at, 2, end, title);
    case 'fourByte':
      return fixedEnd(at, 4, end, title);
    case 'variable':
      return variableEnd(frame, at, end, title);
    case 'binary':
      return binaryEnd(frame, at, end, title);
    case 'text':
      return textEnd(frame, at, end, title);
    case 'pair':
    default: {
      const keyEnd = textEnd(frame, at, end, title);
      return typeof keyEnd === 'number' ? textEnd(frame, keyEnd, end, title) : keyEnd;
    }
  }
}

/**
 * Finds a property in a section that has been checked.
 * @param start offset of the first property, `end` offset behind the last
 * @returns the offset of its value, or -1 when it is not there
 */
export function findProperty(frame: Buffer, start: number, end: number, id: number): number {
  let at = start;
  while (at < end) {
    const property = propertyOf(frame[at]!);
    if (property === undefined) return -1;
    if (property.id === id) return at + 1;
    const valueEnd = propertyValueEnd(property, frame, at + 1, end);
    if (typeof valueEnd !== 'number') return -1;
    at = valueEnd;
  }
  return -1;
}
