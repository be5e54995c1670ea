import { packetTypes } from './packet-type.ts';
import { reasonCodes } from './reason-codes.ts';
import { reasonSection } from './reason-section.ts';
import type { Refusal } from './refusal.ts';
import type { ProtocolVersion } from './version.ts';
import { writePacket } from './write-packet.ts';

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

/**
 * The CONNACK that refuses a client, in its dialect.
 * @param maximumPacketSize of the client, when it is known; the reason string is left out where it would not fit
 * @returns undefined when an MQTT 3.1 or 3.1.1 client must get no CONNACK, as its CONNECT does not conform or no return
 *   code says what is wrong [MQTT-3.1.4-1], or when the client does not take a packet of that size [MQTT-3.1.2-24]: the
 *   connection is closed then
 */
export function connackRefusal(
  version: ProtocolVersion,
  { reasonCode, message }: Refusal,
  maximumPacketSize = Number.POSITIVE_INFINITY,
): Buffer | undefined {
  if (version !== 5) {
    const returnCode = returnCodes.get(reasonCode);
    return returnCode === undefined
      ? undefined
      : writePacket(packetTypes.connack << 4, [0, returnCode], Buffer.alloc(0));
  }
  const head = [0, allowedCode(reasonCode, notInConnack)];
  const full = writePacket(packetTypes.connack << 4, head, reasonSection(message));
  if (full.length <= maximumPacketSize) return full; // [MQTT-3.2.2-19]
  const bare = writePacket(packetTypes.connack << 4, head, reasonSection(''));
  return bare.length <= maximumPacketSize ? bare : undefined;
}

/**
 * The DISCONNECT that ends an MQTT 5 connection. A client of an earlier version gets none.
 * @param withReason false to leave the reason string out
 * @param maximumPacketSize of the client, which has got a CONNACK, so that a bare DISCONNECT fits; the reason string is
 *   left out where it would not [MQTT-3.14.2-3]
 */
export function disconnectFor(
  { reasonCode, message }: Refusal,
  withReason: boolean,
  maximumPacketSize = Number.POSITIVE_INFINITY,
): Buffer {
  const head = [allowedCode(reasonCode, notInDisconnect)];
  const bare = writePacket(packetTypes.disconnect << 4, head, Buffer.alloc(0));
  if (!withReason || message === '') return bare;
  const full = writePacket(packetTypes.disconnect << 4, head, reasonSection(message));
  return full.length <= maximumPacketSize ? full : bare;
}
