import type { MessageProperties } from '../plane/message.ts';

/** The properties of a message as the engine and the stores keep them: what mqtt-packet makes of a PUBLISH. */
export interface StoredProperties {
  payloadFormatIndicator?: boolean | number;
  messageExpiryInterval?: number;
  contentType?: string;
  responseTopic?: string;
  correlationData?: Uint8Array;
  /** As the engine reads them: without their order, so `userPropertyList` stands before it. */
  userProperties?: Record<string, string | string[]>;
  /** In the order of the wire; keys may repeat. [MQTT-3.3.2-18] */
  userPropertyList?: readonly (readonly [string, string])[];
  willDelayInterval?: number;
  subscriptionIdentifier?: number | number[];
}

function userPropertiesOf({ userPropertyList, userProperties }: StoredProperties): MessageProperties['userProperties'] {
  if (userPropertyList !== undefined) return userPropertyList;
  if (userProperties === undefined) return undefined;
  return Object.entries(userProperties).flatMap(([key, value]) =>
    Array.isArray(value) ? value.map((one) => [key, one] as const) : [[key, value] as const],
  );
}

/** The application properties of a message; what belongs to one hop only (aliases, identifiers) is left out. */
export function fromStoredProperties(properties: StoredProperties | undefined): MessageProperties | undefined {
  if (properties === undefined) return undefined;
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData } = properties;
  const userProperties = userPropertiesOf(properties);
  const result: MessageProperties = {
    ...(payloadFormatIndicator === undefined ? {} : { payloadFormatIndicator: payloadFormatIndicator ? 1 : 0 }),
    ...(messageExpiryInterval === undefined ? {} : { messageExpiryInterval }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData }),
    ...(userProperties === undefined ? {} : { userProperties }),
  };
  return Object.keys(result).length === 0 ? undefined : result;
}

export function toStoredProperties(properties: MessageProperties | undefined): StoredProperties {
  if (properties === undefined) return {};
  const { userProperties, payloadFormatIndicator, correlationData, ...rest } = properties;
  const result: StoredProperties = { ...rest };
  if (payloadFormatIndicator !== undefined) result.payloadFormatIndicator = payloadFormatIndicator === 1;
  if (correlationData !== undefined) result.correlationData = Buffer.from(correlationData);
  if (userProperties !== undefined) result.userPropertyList = userProperties;
  return result;
}

/** Identifiers of the subscriptions that a queued message came through. */
export const identifiersOf = ({ subscriptionIdentifier }: StoredProperties = {}): readonly number[] =>
  subscriptionIdentifier === undefined
    ? []
    : Array.isArray(subscriptionIdentifier)
      ? subscriptionIdentifier
      : [subscriptionIdentifier];
