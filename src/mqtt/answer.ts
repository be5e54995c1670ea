import { packetTypes } from './packet-type.ts';
import { propertyIds } from './property-table.ts';
import { reasonCodes } from './reason-codes.ts';
import type { Refusal } from './refusal.ts';
import type { ProtocolVersion } from './version.ts';

const maxReasonBytes = 256;

/** CONNACK return codes of MQTT 3.1 and 3.1.1 for the reason codes that have one. [MQTT 3.1.1, 3.2.2.3] */
const returnCodes: ReadonlyMap<number, number> = new Map([
  [reasonCodes.unsupportedProtocolVersion, 1],
  [reasonCodes.clientIdentifierNotValid, 2],
  [reasonCodes.serverUnavailable, 3],
  [reasonCodes.serverBusy, 3],
  [reasonCodes.unspecifiedError, 3],
  [reasonCodes.implementationSpecificError, 3],
  [reasonCodes.quotaExceeded, 3],
  [reasonCodes.useAnotherServer, 3],
  [reasonCodes.serverMoved, 3],
  [reasonCodes.connectionRateExceeded, 3],
  [reasonCodes.badUserNameOrPassword, 4],
  [reasonCodes.badAuthenticationMethod, 4],
  [reasonCodes.notAuthorized, 5],
  [reasonCodes.banned, 5],
  [reasonCodes.topicNameInvalid, 5],
  [reasonCodes.retainNotSupported, 5],
  [reasonCodes.qosNotSupported, 5],
]);

/** Failures that MQTT 5 lets a server put into DISCONNECT and not into CONNACK, or the reverse. [MQTT 5, Table 2-6] */
const notInConnack: ReadonlySet<number> = new Set([
  reasonCodes.serverShuttingDown,
  reasonCodes.keepAliveTimeout,
  reasonCodes.sessionTakenOver,
  reasonCodes.topicFilterInvalid,
  reasonCodes.packetIdentifierInUse,
  reasonCodes.packetIdentifierNotFound,
  reasonCodes.receiveMaximumExceeded,
  reasonCodes.topicAliasInvalid,
  reasonCodes.messageRateTooHigh,
  reasonCodes.administrativeAction,
  reasonCodes.sharedSubscriptionsNotSupported,
  reasonCodes.maximumConnectTime,
  reasonCodes.subscriptionIdentifiersNotSupported,
  reasonCodes.wildcardSubscriptionsNotSupported,
]);
const notInDisconnect: ReadonlySet<number> = new Set([
  reasonCodes.disconnectWithWillMessage,
  reasonCodes.unsupportedProtocolVersion,
  reasonCodes.clientIdentifierNotValid,
  reasonCodes.badUserNameOrPassword,
  reasonCodes.serverUnavailable,
  reasonCodes.banned,
  reasonCodes.packetIdentifierInUse,
  reasonCodes.packetIdentifierNotFound,
]);

const allowedCode = (code: number, not: ReadonlySet<number>): number =>
  not.has(code) ? reasonCodes.unspecifiedError : code;

/** A text as well-formed UTF-8 without U+0000, cut between characters. @returns at most `limit` bytes */
function reasonBytes(text: string, limit: number): Buffer {
  const bytes = Buffer.from(text.replaceAll('\0', ' '));
  let end = Math.min(bytes.length, limit);
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

/** The property section of an answer: a Reason String, or nothing. Its length may take two bytes. */
function reasonSection(message: string, withReason: boolean): Buffer {
  if (!withReason || message === '') return Buffer.from([0]);
  const text = reasonBytes(message, maxReasonBytes);
  const size = text.length + 3;
  const length = size < 0x80 ? [size] : [(size & 0x7f) | 0x80, size >> 7];
  return Buffer.concat([
    Buffer.from([...length, propertyIds.reasonString, text.length >> 8, text.length & 0xff]),
    text,
  ]);
}

function packet(type: number, head: readonly number[], section: Buffer): Buffer {
  const remaining = head.length + section.length;
  const length = remaining < 0x80 ? [remaining] : [(remaining & 0x7f) | 0x80, remaining >> 7];
  return Buffer.concat([Buffer.from([type << 4, ...length, ...head]), section]);
}

/**
 * The CONNACK that refuses a client, in its dialect.
 * @param maximumPacketSize of the client, when it is known; the reason string is left out where it would not fit
 * @returns undefined when an MQTT 3.1 or 3.1.1 client must get no CONNACK, as its CONNECT does not conform or no return
 *   code says what is wrong: the connection is closed then. [MQTT-3.1.4-1]
 */
export function connackRefusal(
  version: ProtocolVersion,
  { reasonCode, message }: Refusal,
  maximumPacketSize = Number.POSITIVE_INFINITY,
): Buffer | undefined {
  if (version !== 5) {
    const returnCode = returnCodes.get(reasonCode);
    return returnCode === undefined ? undefined : packet(packetTypes.connack, [0, returnCode], Buffer.alloc(0));
  }
  const head = [0, allowedCode(reasonCode, notInConnack)];
  const full = packet(packetTypes.connack, head, reasonSection(message, true));
  // [MQTT-3.2.2-19]
  return full.length <= maximumPacketSize ? full : packet(packetTypes.connack, head, reasonSection(message, false));
}

/**
 * The DISCONNECT that ends an MQTT 5 connection. A client of an earlier version gets none.
 * @param withReason false to leave the reason string out
 * @param maximumPacketSize of the client; the reason string is left out where it would not fit. [MQTT-3.14.2-3]
 */
export function disconnectFor(
  { reasonCode, message }: Refusal,
  withReason: boolean,
  maximumPacketSize = Number.POSITIVE_INFINITY,
): Buffer {
  const head = [allowedCode(reasonCode, notInDisconnect)];
  const bare = packet(packetTypes.disconnect, head, Buffer.alloc(0));
  if (!withReason || message === '') return bare;
  const full = packet(packetTypes.disconnect, head, reasonSection(message, true));
  return full.length <= maximumPacketSize ? full : bare;
}
