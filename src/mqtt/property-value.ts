import { uint16At, uint32At, variableAt } from './fields.ts';
import { propertyIds } from './property-table.ts';
import { reasonCodes } from './reason-codes.ts';
import { malformed, protocolError, type Refusal, refuse } from './refusal.ts';
import { topicNameFault } from './topic-scan.ts';

const isNeitherZeroNorOne = (frame: Buffer, at: number): boolean => frame[at]! > 1;

const faults = {
  payloadFormatIndicator: protocolError('3.3.2.3.2', 'Payload Format Indicator must be 0 or 1'),
  requestProblemInformation: protocolError('3.1.2.11.7', 'Request Problem Information must be 0 or 1'),
  requestResponseInformation: protocolError('3.1.2.11.6', 'Request Response Information must be 0 or 1'),
  receiveMaximum: protocolError('3.1.2.11.3', 'Receive Maximum must not be 0'),
  maximumPacketSize: protocolError('3.1.2.11.4', 'Maximum Packet Size must not be 0'),
  subscriptionIdentifier: protocolError('3.8.2.1.2', 'Subscription Identifier must not be 0'),
  topicAlias: refuse(reasonCodes.topicAliasInvalid, 'MQTT-3.3.2-8', 'Topic Alias must not be 0'),
  responseTopicWildcard: malformed('MQTT-3.3.2-14', 'Response Topic must not contain + or #'),
  responseTopicEmpty: protocolError('MQTT-4.7.3-1', 'Response Topic must not be empty'),
} as const;

/** Checks what the type of a property does not say: its range. @param at of the value; its bytes are there */
export function propertyValueFault(id: number, frame: Buffer, at: number, end: number): Refusal | undefined {
  switch (id) {
    case propertyIds.payloadFormatIndicator:
      return isNeitherZeroNorOne(frame, at) ? faults.payloadFormatIndicator : undefined;
    case propertyIds.requestProblemInformation:
      return isNeitherZeroNorOne(frame, at) ? faults.requestProblemInformation : undefined;
    case propertyIds.requestResponseInformation:
      return isNeitherZeroNorOne(frame, at) ? faults.requestResponseInformation : undefined;
    case propertyIds.receiveMaximum:
      return uint16At(frame, at) === 0 ? faults.receiveMaximum : undefined;
    case propertyIds.maximumPacketSize:
      return uint32At(frame, at) === 0 ? faults.maximumPacketSize : undefined;
    case propertyIds.subscriptionIdentifier:
      return variableAt(frame, at) === 0 ? faults.subscriptionIdentifier : undefined;
    case propertyIds.topicAlias:
      return uint16At(frame, at) === 0 ? faults.topicAlias : undefined;
    case propertyIds.responseTopic:
      return responseTopicFault(frame, at + 2, end);
    default:
      return undefined;
  }
}

function responseTopicFault(frame: Buffer, start: number, end: number): Refusal | undefined {
  if (start === end) return faults.responseTopicEmpty;
  return topicNameFault(frame, start, end) === undefined ? undefined : faults.responseTopicWildcard;
}
