import { authenticationDataIn } from './auth.ts';
import { type ConnectHeader, parseConnectHeader } from './connect-header.ts';
import { binaryEnd, fieldText, textEnd, uint16At, uint32At } from './fields.ts';
import { findProperty, propertiesEnd, propertiesStart } from './properties.ts';
import { clientProperties, propertyIds } from './property-table.ts';
import { payloadFormatFault } from './publish.ts';
import { reasonCodes } from './reason-codes.ts';
import { isRefusal, malformed, protocolError, type Refusal, refuse } from './refusal.ts';
import { topicNameFault } from './topic-scan.ts';
import { readUserProperties } from './user-properties.ts';
import type { ProtocolVersion } from './version.ts';

export { connectStartBytes, connectStartFault, requestedVersion } from './connect-header.ts';

export interface WillHeader {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly isRetained: boolean;
  readonly payloadBytes: number;
  /** In the order of the packet; keys may repeat. */
  readonly userProperties: readonly (readonly [key: string, value: string])[];
}

/** What a client asks for when it connects. */
export interface ConnectPacket {
  readonly version: ProtocolVersion;
  /** It is another broker, before MQTT 5; its subscriptions are without its own messages and keep RETAIN. */
  readonly isBridge: boolean;
  /** Empty when the server is to choose one. [MQTT-3.1.3-6] */
  readonly clientId: string;
  readonly isCleanStart: boolean;
  /** 0 to 65,535; 0 turns the keep alive off. */
  readonly keepAliveSeconds: number;
  readonly username: string | undefined;
  /** How long the password is; undefined without one. It is not kept: `passwordOf` takes it from the packet. */
  readonly passwordBytes: number | undefined;
  readonly will: WillHeader | undefined;
  /** 0 ends the session with the connection, 4,294,967,295 never. Before MQTT 5 the clean session flag says which. */
  readonly sessionExpirySeconds: number;
  /** QoS 1 and 2 messages that may be on their way to the client: 1 to 65,535. */
  readonly receiveMaximum: number;
  /** Largest packet the client takes, in bytes; undefined for no limit. */
  readonly maximumPacketSize: number | undefined;
  /** 0 when the server must not use topic aliases. */
  readonly topicAliasMaximum: number;
  /** False: no reason strings and user properties, but in PUBLISH, CONNACK and DISCONNECT. [MQTT-3.1.2-29] */
  readonly wantsProblemInformation: boolean;
  readonly wantsResponseInformation: boolean;
  /** Names enhanced authentication. [MQTT 5, 4.12] */
  readonly authenticationMethod: string | undefined;
  /** In the order of the packet; keys may repeat. */
  readonly userProperties: readonly (readonly [key: string, value: string])[];
}

type PropertyFields = Pick<
  ConnectPacket,
  | 'sessionExpirySeconds'
  | 'receiveMaximum'
  | 'maximumPacketSize'
  | 'topicAliasMaximum'
  | 'wantsProblemInformation'
  | 'wantsResponseInformation'
  | 'authenticationMethod'
  | 'userProperties'
>;

const neverSeconds = 0xffff_ffff;

const noProperties: PropertyFields = {
  sessionExpirySeconds: 0,
  receiveMaximum: 65_535,
  maximumPacketSize: undefined,
  topicAliasMaximum: 0,
  wantsProblemInformation: true,
  wantsResponseInformation: false,
  authenticationMethod: undefined,
  userProperties: [],
};

const faults = {
  authentication: protocolError('3.1.2.11.10', 'CONNECT has Authentication Data and no Authentication Method'),
  noClientId: refuse(
    reasonCodes.clientIdentifierNotValid,
    '3.1.1 MQTT-3.1.3-8',
    'an empty client identifier needs clean session set, and MQTT 3.1.1 or later',
  ),
  excess: malformed('2.1.4', 'CONNECT goes on behind its last field'),
} as const;

function readProperties(frame: Buffer, start: number, end: number): PropertyFields | Refusal {
  const at = (id: number): number => findProperty(frame, start, end, id);
  const expiryAt = at(propertyIds.sessionExpiryInterval);
  const receiveAt = at(propertyIds.receiveMaximum);
  const sizeAt = at(propertyIds.maximumPacketSize);
  const aliasAt = at(propertyIds.topicAliasMaximum);
  const problemAt = at(propertyIds.requestProblemInformation);
  const responseAt = at(propertyIds.requestResponseInformation);
  const methodAt = at(propertyIds.authenticationMethod);
  if (methodAt === -1 && at(propertyIds.authenticationData) !== -1) return faults.authentication;
  return {
    sessionExpirySeconds: expiryAt === -1 ? 0 : uint32At(frame, expiryAt),
    receiveMaximum: receiveAt === -1 ? noProperties.receiveMaximum : uint16At(frame, receiveAt),
    maximumPacketSize: sizeAt === -1 ? undefined : uint32At(frame, sizeAt),
    topicAliasMaximum: aliasAt === -1 ? 0 : uint16At(frame, aliasAt),
    wantsProblemInformation: problemAt === -1 || frame[problemAt] === 1,
    wantsResponseInformation: responseAt !== -1 && frame[responseAt] === 1,
    authenticationMethod:
      methodAt === -1 ? undefined : fieldText(frame, methodAt, methodAt + 2 + uint16At(frame, methodAt)),
    userProperties: readUserProperties(frame, start, end),
  };
}

/** The will, its properties first. [MQTT 5, 3.1.3.2 to 3.1.3.4] @param at behind the client identifier */
function readWill(frame: Buffer, header: ConnectHeader, at: number): { will: WillHeader; end: number } | Refusal {
  const topicAt = header.version === 5 ? propertiesEnd(frame, at, clientProperties.will) : at;
  if (typeof topicAt !== 'number') return topicAt;
  const topicEnd = binaryEnd(frame, topicAt, frame.length, 'the will topic');
  if (typeof topicEnd !== 'number') return topicEnd;
  const topicFault = topicNameFault(frame, topicAt + 2, topicEnd);
  if (topicFault !== undefined) return refuse(topicFault.reasonCode, topicFault.clause, `will: ${topicFault.message}`);
  const end = binaryEnd(frame, topicEnd, frame.length, 'the will payload');
  if (typeof end !== 'number') return end;
  if (header.version === 5) {
    const fault = payloadFormatFault(frame, propertiesStart(frame, at), topicAt, topicEnd + 2, end);
    if (fault !== undefined) return refuse(fault.reasonCode, fault.clause, `will: ${fault.message}`);
  }
  const will = {
    topic: fieldText(frame, topicAt, topicEnd),
    qos: header.willQos,
    isRetained: header.isWillRetained,
    payloadBytes: end - topicEnd - 2,
    userProperties: header.version === 5 ? readUserProperties(frame, propertiesStart(frame, at), topicAt) : [],
  };
  return { will, end };
}

/** User name and password. [MQTT 5, 3.1.3.5] [MQTT 5, 3.1.3.6] */
function readCredentials(frame: Buffer, header: ConnectHeader, at: number) {
  let end: number | Refusal = at;
  let username: string | undefined;
  if (header.hasUsername) {
    end = textEnd(frame, at, frame.length, 'the user name');
    if (typeof end !== 'number') return end;
    username = fieldText(frame, at, end);
  }
  if (!header.hasPassword) return { username, passwordBytes: undefined, end };
  const passwordAt = end + 2;
  end = binaryEnd(frame, end, frame.length, 'the password');
  return typeof end === 'number' ? { username, passwordBytes: end - passwordAt, end } : end;
}

/** @param frame the CONNECT, in which the password comes last. [MQTT 5, 3.1.3] */
export const passwordOf = (
  frame: Buffer,
  { passwordBytes }: Pick<ConnectPacket, 'passwordBytes'>,
): Uint8Array | undefined => (passwordBytes === undefined ? undefined : frame.subarray(frame.length - passwordBytes));

/**
 * What a client says first in an exchange of enhanced authentication. It is not kept either.
 * @param frame a CONNECT of MQTT 5 that was checked
 */
export function authenticationDataOf(frame: Buffer): Buffer | undefined {
  const header = parseConnectHeader(frame);
  if (isRefusal(header)) return undefined;
  const end = propertiesEnd(frame, header.end, clientProperties.connect);
  return typeof end === 'number' ? authenticationDataIn(frame, propertiesStart(frame, header.end), end) : undefined;
}

/**
 * Reads and checks a CONNECT. [MQTT 5, 3.1]
 * Client identifiers may have up to 65,535 bytes in all versions; the 23 of MQTT 3.1 are not enforced.
 * @param frame a whole packet
 * @returns a refusal with 0x84 for a protocol level that is not served
 */
export function parseConnect(frame: Buffer): ConnectPacket | Refusal {
  const header = parseConnectHeader(frame);
  if (isRefusal(header)) return header;
  const { version, isBridge, isCleanStart, keepAliveSeconds } = header;

  let at: number | Refusal = header.end;
  let properties: PropertyFields | Refusal = {
    ...noProperties,
    sessionExpirySeconds: isCleanStart ? 0 : neverSeconds,
  };
  if (version === 5) {
    at = propertiesEnd(frame, header.end, clientProperties.connect);
    if (typeof at !== 'number') return at;
    properties = readProperties(frame, propertiesStart(frame, header.end), at);
    if (isRefusal(properties)) return properties;
  }

  const clientIdEnd = textEnd(frame, at, frame.length, 'the client identifier');
  if (typeof clientIdEnd !== 'number') return clientIdEnd;
  const clientId = fieldText(frame, at, clientIdEnd);

  const willPart = header.hasWill ? readWill(frame, header, clientIdEnd) : { will: undefined, end: clientIdEnd };
  if (isRefusal(willPart)) return willPart;
  const credentials = readCredentials(frame, header, willPart.end);
  if (isRefusal(credentials)) return credentials;
  if (credentials.end !== frame.length) return faults.excess;
  // Last, as this is answered with a return code: the packet itself must be sound. [MQTT-3.1.4-1]
  if (clientId === '' && (version === 3 || (version === 4 && !isCleanStart))) return faults.noClientId;

  return {
    version,
    isBridge,
    clientId,
    isCleanStart,
    keepAliveSeconds,
    username: credentials.username,
    passwordBytes: credentials.passwordBytes,
    will: willPart.will,
    ...properties,
  };
}
