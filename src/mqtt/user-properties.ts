import { fieldText, uint16At } from './fields.ts';
import { findProperty } from './properties.ts';
import { propertyIds } from './property-table.ts';

const fieldEnd = (frame: Buffer, at: number): number => at + 2 + uint16At(frame, at);

/**
 * The User Properties of a validated property section, in order and with repetitions. [MQTT-3.3.2-18]
 * @param start offset of the first property, after the property length.
 * @param end offset behind the last.
 */
export function readUserProperties(frame: Buffer, start: number, end: number): [string, string][] {
  const list: [string, string][] = [];
  let at = findProperty(frame, start, end, propertyIds.userProperty);
  while (at !== -1) {
    const keyEnd = fieldEnd(frame, at);
    const valueEnd = fieldEnd(frame, keyEnd);
    list.push([fieldText(frame, at, keyEnd), fieldText(frame, keyEnd, valueEnd)]);
    at = findProperty(frame, valueEnd, end, propertyIds.userProperty);
  }
  return list;
}
