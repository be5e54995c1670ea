import { fieldText, uint16At } from './fields.ts';
import { excessFault, flagsFault } from './fixed-header.ts';
import { headerLength } from './frame.ts';
import { packetTypes } from './packet-type.ts';
import { findProperty, propertiesEnd, propertiesStart } from './properties.ts';
import { clientProperties, propertyIds } from './property-table.ts';
import { reasonCodes } from './reason-codes.ts';
import { protocolError, type Refusal } from './refusal.ts';
import { writePacket } from './write-packet.ts';
import { propertySection, textProperty } from './write-properties.ts';

/** One step of an exchange of enhanced authentication. [MQTT 5, 3.15] */
export interface AuthPacket {
  /** Of a client: 0x18 goes on with an exchange, 0x19 begins another. */
  readonly reasonCode: number;
  readonly method: string;
  /** Undefined where there is none, which is not the same as an empty one. */
  readonly data: Buffer | undefined;
}

const faults = {
  code: protocolError('MQTT-3.15.2-1', 'AUTH from a client has another reason code than 0x18 and 0x19'),
  noMethod: protocolError('3.15.2.2.2', 'AUTH has no Authentication Method'),
} as const;

/** Reads and checks an AUTH from a client. Whether it may come now is left to the connection. */
export function parseAuth(frame: Buffer): AuthPacket | Refusal {
  const flags = flagsFault(frame[0] ?? 0);
  if (flags !== undefined) return flags;
  const at = headerLength(frame);
  const reasonCode = frame[at] ?? reasonCodes.success; // which a server sends, and is meant where nothing is said
  if (reasonCode !== reasonCodes.continueAuthentication && reasonCode !== reasonCodes.reAuthenticate)
    return faults.code;
  if (at + 1 === frame.length) return faults.noMethod;
  const end = propertiesEnd(frame, at + 1, clientProperties.auth);
  if (typeof end !== 'number') return end;
  const excess = excessFault(frame, end);
  if (excess !== undefined) return excess;
  const start = propertiesStart(frame, at + 1);
  const methodAt = findProperty(frame, start, end, propertyIds.authenticationMethod);
  if (methodAt === -1) return faults.noMethod;
  const method = fieldText(frame, methodAt, methodAt + 2 + uint16At(frame, methodAt));
  return { reasonCode, method, data: authenticationDataIn(frame, start, end) };
}

/** @param start of the first property of a section that was checked, `end` behind the last */
export function authenticationDataIn(frame: Buffer, start: number, end: number): Buffer | undefined {
  const at = findProperty(frame, start, end, propertyIds.authenticationData);
  return at === -1 ? undefined : frame.subarray(at + 2, at + 2 + uint16At(frame, at));
}

/** An AUTH of the server. */
export const encodeAuth = (reasonCode: number, method: string, data: Uint8Array | undefined): Buffer =>
  writePacket(
    packetTypes.auth << 4,
    [reasonCode],
    propertySection([
      ...textProperty(propertyIds.authenticationMethod, method),
      ...textProperty(propertyIds.authenticationData, data),
    ]),
  );
