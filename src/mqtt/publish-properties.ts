import type { PublishProperties } from './encode-publish.ts';
import { fieldText, uint16At, uint32At } from './fields.ts';
import { findProperty } from './properties.ts';
import { propertyIds } from './property-table.ts';
import { readUserProperties } from './user-properties.ts';

/**
 * The application properties of a validated PUBLISH, User Properties in order.
 * @param start offset of the first property. @param end offset behind the last.
 */
export function readPublishProperties(frame: Buffer, start: number, end: number): PublishProperties | undefined {
  if (start === end) return undefined;
  const format = findProperty(frame, start, end, propertyIds.payloadFormatIndicator);
  const expiry = findProperty(frame, start, end, propertyIds.messageExpiryInterval);
  const contentType = findProperty(frame, start, end, propertyIds.contentType);
  const responseTopic = findProperty(frame, start, end, propertyIds.responseTopic);
  const correlation = findProperty(frame, start, end, propertyIds.correlationData);
  const userProperties = readUserProperties(frame, start, end);
  return {
    ...(format === -1 ? {} : { payloadFormatIndicator: frame[format] === 1 ? 1 : 0 }),
    ...(expiry === -1 ? {} : { messageExpiryInterval: uint32At(frame, expiry) }),
    ...(contentType === -1 ? {} : { contentType: textAt(frame, contentType) }),
    ...(responseTopic === -1 ? {} : { responseTopic: textAt(frame, responseTopic) }),
    ...(correlation === -1 ? {} : { correlationData: frame.subarray(correlation + 2, fieldEnd(frame, correlation)) }),
    ...(userProperties.length === 0 ? {} : { userProperties }),
  };
}

const fieldEnd = (frame: Buffer, at: number): number => at + 2 + uint16At(frame, at);
const textAt = (frame: Buffer, at: number): string => fieldText(frame, at, fieldEnd(frame, at));
