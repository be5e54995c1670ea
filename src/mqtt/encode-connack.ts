import { packetTypes } from './packet-type.ts';
import { propertyIds } from './property-table.ts';
import type { ProtocolVersion } from './version.ts';
import { writePacket } from './write-packet.ts';
import { byteProperty, fourByteProperty, propertySection, textProperty, twoByteProperty } from './write-properties.ts';

/** What a server tells a client that it accepts. What is left out has the default of the standard. */
export interface ConnackProperties {
  /** Where it differs from what the client asked for. [MQTT 5, 3.2.2.3.2] */
  readonly sessionExpirySeconds?: number | undefined;
  /** QoS 1 and 2 messages that the client may have under way, 1 to 65,535. [MQTT 5, 3.2.2.3.3] */
  readonly receiveMaximum?: number | undefined;
  /** Largest packet in bytes that the server takes. [MQTT 5, 3.2.2.3.6] */
  readonly maximumPacketSize?: number | undefined;
  /** Where the client left it to the server. [MQTT-3.2.2-16] */
  readonly assignedClientId?: string | undefined;
  /** Topic aliases that the client may use, 1 to 65,535. [MQTT-3.2.2-17] */
  readonly topicAliasMaximum?: number | undefined;
  /** Seconds; the client must use it instead of its own. [MQTT-3.2.2-21] */
  readonly serverKeepAliveSeconds?: number | undefined;
  /** Where it is not 2. [MQTT-3.2.2-9] */
  readonly maximumQos?: 0 | 1 | undefined;
  /** False where there is none of it. [MQTT 5, 3.2.2.3.5] */
  readonly retainAvailable?: boolean | undefined;
  /** [MQTT 5, 3.2.2.3.11] */
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  /** [MQTT 5, 3.2.2.3.12] */
  readonly subscriptionIdentifiersAvailable?: boolean | undefined;
  /** [MQTT 5, 3.2.2.3.13] */
  readonly sharedSubscriptionAvailable?: boolean | undefined;
  /** For people. [MQTT 5, 3.2.2.3.9] */
  readonly reasonString?: string | undefined;
  /** Where response topics are to begin. [MQTT 5, 3.2.2.3.15] */
  readonly responseInformation?: string | undefined;
  /** The one of CONNECT. [MQTT-4.12.0-5] */
  readonly authenticationMethod?: string | undefined;
  /** What ends the exchange. [MQTT 5, 3.2.2.3.18] */
  readonly authenticationData?: Uint8Array | undefined;
}

/** True is what the standard has where nothing is said. */
const flag = (id: number, value: boolean | undefined): Buffer[] => (value === false ? byteProperty(id, 0) : []);

/**
 * What is left out of a CONNACK that is too large, the first first: a client that does not hear of these asks for less
 * than it may, or is told later. Without its name or the keep alive that counts it could not live.
 */
const dispensable = [
  'reasonString',
  'responseInformation',
  'topicAliasMaximum',
  'maximumPacketSize',
  'sessionExpirySeconds',
  'receiveMaximum',
] as const satisfies readonly (keyof ConnackProperties)[];

/**
 * The CONNACK that accepts a client. [MQTT 5, 3.2]
 * @param isPresent there is a session to go on with [MQTT-3.2.2-2]
 * @param maximumPacketSize of the client; properties are left out where the packet would be larger
 * @returns undefined where it is too large without them, so that it must not be sent [MQTT-3.1.2-24]
 */
export function encodeConnack(
  version: ProtocolVersion,
  isPresent: boolean,
  properties: ConnackProperties,
  maximumPacketSize = Number.POSITIVE_INFINITY,
): Buffer | undefined {
  const head = [isPresent ? 1 : 0, 0];
  if (version !== 5) return writePacket(packetTypes.connack << 4, head, Buffer.alloc(0));
  let said = properties;
  for (const name of [undefined, ...dispensable]) {
    if (name !== undefined) said = { ...said, [name]: undefined };
    const frame = writePacket(packetTypes.connack << 4, head, sectionOf(said));
    if (frame.length <= maximumPacketSize) return frame;
  }
  return undefined;
}

const sectionOf = (properties: ConnackProperties): Buffer =>
  propertySection([
    ...fourByteProperty(propertyIds.sessionExpiryInterval, properties.sessionExpirySeconds),
    ...twoByteProperty(propertyIds.receiveMaximum, properties.receiveMaximum),
    ...byteProperty(propertyIds.maximumQos, properties.maximumQos),
    ...flag(propertyIds.retainAvailable, properties.retainAvailable),
    ...fourByteProperty(propertyIds.maximumPacketSize, properties.maximumPacketSize),
    ...textProperty(propertyIds.assignedClientIdentifier, properties.assignedClientId),
    ...twoByteProperty(propertyIds.topicAliasMaximum, properties.topicAliasMaximum),
    ...flag(propertyIds.wildcardSubscriptionAvailable, properties.wildcardSubscriptionAvailable),
    ...flag(propertyIds.subscriptionIdentifierAvailable, properties.subscriptionIdentifiersAvailable),
    ...flag(propertyIds.sharedSubscriptionAvailable, properties.sharedSubscriptionAvailable),
    ...twoByteProperty(propertyIds.serverKeepAlive, properties.serverKeepAliveSeconds),
    ...textProperty(propertyIds.responseInformation, properties.responseInformation),
    ...textProperty(propertyIds.authenticationMethod, properties.authenticationMethod),
    ...textProperty(propertyIds.authenticationData, properties.authenticationData),
    ...textProperty(propertyIds.reasonString, properties.reasonString),
  ]);
