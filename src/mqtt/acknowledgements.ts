import { fixedEnd, uint16At } from './fields.ts';
import { excessFault } from './fixed-header.ts';
import { headerLength } from './frame.ts';
import { packetName, packetTypeOf, packetTypes } from './packet-type.ts';
import { propertiesEnd } from './properties.ts';
import { clientProperties } from './property-table.ts';
import { reasonCodes } from './reason-codes.ts';
import { protocolError, type Refusal } from './refusal.ts';
import type { ProtocolVersion } from './version.ts';

const { success, packetIdentifierNotFound } = reasonCodes;

/** Reason codes of PUBACK and PUBREC. [MQTT-3.4.2-1] [MQTT-3.5.2-1] */
const receiptCodes: ReadonlySet<number> = new Set([
  success,
  reasonCodes.noMatchingSubscribers,
  reasonCodes.unspecifiedError,
  reasonCodes.implementationSpecificError,
  reasonCodes.notAuthorized,
  reasonCodes.topicNameInvalid,
  reasonCodes.packetIdentifierInUse,
  reasonCodes.quotaExceeded,
  reasonCodes.payloadFormatInvalid,
]);

/** Reason codes of PUBREL and PUBCOMP. [MQTT-3.6.2-1] [MQTT-3.7.2-1] */
const releaseCodes: ReadonlySet<number> = new Set([success, packetIdentifierNotFound]);

/** The clause that names the reason codes of each packet, by type. */
const codeClauses: ReadonlyMap<number, string> = new Map([
  [packetTypes.puback, 'MQTT-3.4.2-1'],
  [packetTypes.pubrec, 'MQTT-3.5.2-1'],
  [packetTypes.pubrel, 'MQTT-3.6.2-1'],
  [packetTypes.pubcomp, 'MQTT-3.7.2-1'],
]);

const zeroPacketId = protocolError('MQTT-2.2.1-3', 'the packet identifier is 0');

/** The offset behind the packet identifier, which must be there and not 0. [MQTT 5, 2.2.1] */
export function packetIdEnd(frame: Buffer): number | Refusal {
  const at = headerLength(frame);
  const end = fixedEnd(at, 2, frame.length, 'the packet identifier');
  if (typeof end !== 'number') return end;
  return uint16At(frame, at) === 0 ? zeroPacketId : end;
}

/** Checks a PUBACK, PUBREC, PUBREL or PUBCOMP. [MQTT 5, 3.4 to 3.7] */
export function validateAcknowledgement(frame: Buffer, version: ProtocolVersion): Refusal | undefined {
  const at = packetIdEnd(frame);
  if (typeof at !== 'number') return at;
  // The reason code and the properties may be left out from the end. [MQTT 5, 3.4.2.1] [MQTT 5, 3.4.2.2.1]
  if (version !== 5 || at === frame.length) return excessFault(frame, at);
  const type = packetTypeOf(frame);
  const isReceipt = type === packetTypes.puback || type === packetTypes.pubrec;
  const code = frame[at]!;
  if (!(isReceipt ? receiptCodes : releaseCodes).has(code))
    return protocolError(
      codeClauses.get(type) ?? '2.4',
      `0x${code.toString(16).padStart(2, '0')} is no reason code of ${packetName(type)}`,
    );
  if (at + 1 === frame.length) return undefined;
  const end = propertiesEnd(frame, at + 1, clientProperties.acknowledgement);
  return typeof end === 'number' ? excessFault(frame, end) : end;
}
