import type { ConnectPacket } from '../../mqtt/connect.ts';
import type { ConnackProperties } from '../../mqtt/encode-connack.ts';
import type { DeliverySession } from '../delivery/deliveries.ts';
import type { AcceptedSession } from '../engine-port.ts';
import type { Offers } from '../offers-schema.ts';
import type { LimitsOptions } from '../schema.ts';
import type { KeepAliveRange } from './keep-alive-schema.ts';

type Asked = Pick<
  ConnectPacket,
  | 'version'
  | 'clientId'
  | 'keepAliveSeconds'
  | 'sessionExpirySeconds'
  | 'wantsResponseInformation'
  | 'authenticationMethod'
>;
type Limits = Pick<
  LimitsOptions,
  'receiveMaximum' | 'packetSize' | 'topicAliases' | 'keepAlive' | 'responseInformation'
>;

/** The keep alive that an MQTT 5 client is told to use instead of its own. [MQTT-3.2.2-21] */
function serverKeepAliveSeconds({ version, keepAliveSeconds }: Asked, { keepAlive }: Limits): number | undefined {
  if (version !== 5) return undefined;
  const least = Math.ceil(keepAlive.min / 1_000);
  if (isTooLong(keepAliveSeconds, keepAlive)) return Math.ceil(keepAlive.max / 1_000);
  return keepAliveSeconds > 0 && keepAliveSeconds < least ? least : undefined;
}

/** Whether a client would be silent for longer than it may. */
export const isTooLong = (seconds: number, { max }: Pick<KeepAliveRange, 'max'>): boolean =>
  max > 0 && (seconds === 0 || seconds > Math.ceil(max / 1_000));

/**
 * Silence after which the connection is closed: one and a half times the keep alive. [MQTT-3.1.2-22]
 * @returns undefined for no limit
 */
export function keepAliveMs(asked: Asked, limits: Limits): number | undefined {
  const seconds = serverKeepAliveSeconds(asked, limits) ?? asked.keepAliveSeconds;
  return seconds === 0 ? undefined : seconds * 1_500;
}

const unlessDefault = (value: number, standard: number): number | undefined => (value === standard ? undefined : value);

/**
 * What a client is granted, as far as it differs from the defaults of the standard and from what it asked for.
 * @param offers undefined: everything
 */
export function grantedTo(
  asked: Asked,
  session: AcceptedSession,
  limits: Limits,
  offers: Offers | undefined,
): ConnackProperties {
  const { clientId, sessionExpirySeconds, wantsResponseInformation } = asked;
  const { responseInformation } = limits;
  return {
    sessionExpirySeconds: unlessDefault(session.expirySeconds, sessionExpirySeconds),
    receiveMaximum: unlessDefault(limits.receiveMaximum, 65_535),
    maximumPacketSize: limits.packetSize,
    assignedClientId: clientId === '' ? session.clientId : undefined,
    topicAliasMaximum: unlessDefault(limits.topicAliases, 0),
    ...(offers === undefined ? {} : offered(offers)),
    serverKeepAliveSeconds: serverKeepAliveSeconds(asked, limits),
    responseInformation: wantsResponseInformation
      ? responseInformation?.replaceAll('{clientId}', session.clientId)
      : undefined,
    authenticationMethod: asked.authenticationMethod,
    authenticationData: session.authenticationData,
    reasonString: session.notice === '' ? undefined : session.notice,
  };
}

const offered = ({ maximumQos, ...available }: Offers): ConnackProperties => ({
  maximumQos: maximumQos === 2 ? undefined : maximumQos,
  retainAvailable: available.retain,
  wildcardSubscriptionAvailable: available.wildcardSubscriptions,
  subscriptionIdentifiersAvailable: available.subscriptionIdentifiers,
  sharedSubscriptionAvailable: available.sharedSubscriptions,
});

/** What the client said of the messages that it gets, as far as we go along. */
export const deliverySession = (
  connect: ConnectPacket,
  { clientId, isPersistent, bringsTopic }: AcceptedSession,
  { inFlight, topicAliases }: Pick<LimitsOptions, 'inFlight' | 'topicAliases'>,
): DeliverySession => ({
  ...connect,
  clientId,
  isPersistent,
  bringsTopic,
  receiveMaximum: Math.min(connect.receiveMaximum, inFlight),
  topicAliasMaximum: Math.min(connect.topicAliasMaximum, topicAliases),
});
