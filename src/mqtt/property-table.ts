/** How the value of a property is written. [MQTT 5, 2.2.2.2] */
export type PropertyType = 'byte' | 'twoByte' | 'fourByte' | 'variable' | 'text' | 'binary' | 'pair';

/** The identifiers of all properties. [MQTT 5, Table 2-4] */
export const propertyIds = {
  payloadFormatIndicator: 0x01,
  messageExpiryInterval: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionIdentifier: 0x0b,
  sessionExpiryInterval: 0x11,
  assignedClientIdentifier: 0x12,
  serverKeepAlive: 0x13,
  authenticationMethod: 0x15,
  authenticationData: 0x16,
  requestProblemInformation: 0x17,
  willDelayInterval: 0x18,
  requestResponseInformation: 0x19,
  responseInformation: 0x1a,
  serverReference: 0x1c,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  topicAliasMaximum: 0x22,
  topicAlias: 0x23,
  maximumQos: 0x24,
  retainAvailable: 0x25,
  userProperty: 0x26,
  maximumPacketSize: 0x27,
  wildcardSubscriptionAvailable: 0x28,
  subscriptionIdentifierAvailable: 0x29,
  sharedSubscriptionAvailable: 0x2a,
} as const;
export type PropertyName = keyof typeof propertyIds;

const types: Readonly<Record<PropertyName, PropertyType>> = {
  payloadFormatIndicator: 'byte',
  messageExpiryInterval: 'fourByte',
  contentType: 'text',
  responseTopic: 'text',
  correlationData: 'binary',
  subscriptionIdentifier: 'variable',
  sessionExpiryInterval: 'fourByte',
  assignedClientIdentifier: 'text',
  serverKeepAlive: 'twoByte',
  authenticationMethod: 'text',
  authenticationData: 'binary',
  requestProblemInformation: 'byte',
  willDelayInterval: 'fourByte',
  requestResponseInformation: 'byte',
  responseInformation: 'text',
  serverReference: 'text',
  reasonString: 'text',
  receiveMaximum: 'twoByte',
  topicAliasMaximum: 'twoByte',
  topicAlias: 'twoByte',
  maximumQos: 'byte',
  retainAvailable: 'byte',
  userProperty: 'pair',
  maximumPacketSize: 'fourByte',
  wildcardSubscriptionAvailable: 'byte',
  subscriptionIdentifierAvailable: 'byte',
  sharedSubscriptionAvailable: 'byte',
};

export interface Property {
  readonly id: number;
  /** As the standard writes it: `Session Expiry Interval`. */
  readonly title: string;
  readonly type: PropertyType;
  /** One bit of a `PropertySet`. */
  readonly bit: number;
}

/** A set of properties, one bit each: 27 of them fit into 31. */
export type PropertySet = number;

const titleOf = (name: string): string =>
  name.replace(/^./, (first) => first.toUpperCase()).replaceAll(/([a-z])([A-Z])/g, '$1 $2');

const typeOf: ReadonlyMap<string, PropertyType> = new Map(Object.entries(types));

const all: readonly Property[] = Object.entries(propertyIds).map(([name, id], index) => ({
  id,
  title: titleOf(name),
  type: typeOf.get(name) ?? 'binary',
  bit: 1 << index,
}));

/** Indexed by identifier; all identifiers are below 0x80, so one byte holds them. */
const byId: readonly (Property | undefined)[] = Array.from({ length: 0x2b }, (_, id) =>
  all.find((property) => property.id === id),
);

/** @param id any byte. @returns undefined when MQTT 5 has no such property */
export const propertyOf = (id: number): Property | undefined => byId[id];

const setOf = (...members: PropertyName[]): PropertySet =>
  members.reduce((set, name) => set | (propertyOf(propertyIds[name])?.bit ?? 0), 0);

/** What a client may put into each packet. [MQTT 5, Table 2-4] */
export const clientProperties = {
  connect: setOf(
    'sessionExpiryInterval',
    'receiveMaximum',
    'maximumPacketSize',
    'topicAliasMaximum',
    'requestResponseInformation',
    'requestProblemInformation',
    'userProperty',
    'authenticationMethod',
    'authenticationData',
  ),
  will: setOf(
    'willDelayInterval',
    'payloadFormatIndicator',
    'messageExpiryInterval',
    'contentType',
    'responseTopic',
    'correlationData',
    'userProperty',
  ),
  /** Without Subscription Identifier, which only a server may send. [MQTT-3.3.4-6] */
  publish: setOf(
    'payloadFormatIndicator',
    'messageExpiryInterval',
    'topicAlias',
    'responseTopic',
    'correlationData',
    'userProperty',
    'contentType',
  ),
  acknowledgement: setOf('reasonString', 'userProperty'),
  subscribe: setOf('subscriptionIdentifier', 'userProperty'),
  unsubscribe: setOf('userProperty'),
  /** Without Server Reference, which only a server may send. [MQTT 5, 3.14.2.2.5] */
  disconnect: setOf('sessionExpiryInterval', 'reasonString', 'userProperty'),
  auth: setOf('authenticationMethod', 'authenticationData', 'reasonString', 'userProperty'),
} as const;
