import type { MessageProperties } from '../../plane/message.ts';
import type { EngineProperties } from './engine-types.ts';

type UserProperties = readonly (readonly [string, string])[];

/** The engine keeps User Properties in an object, which loses their order; the list rides along under this key. */
const orderedUserProperties = Symbol('ordered user properties');

/** Remembers the User Properties in the order of the packet. [MQTT-3.3.2-18] */
export function keepUserProperties(properties: EngineProperties, list: UserProperties): void {
  properties[orderedUserProperties] = list;
}

function userPropertiesOf(properties: EngineProperties): UserProperties | undefined {
  const ordered = properties[orderedUserProperties];
  if (Array.isArray(ordered)) return ordered as UserProperties;
  if (properties.userProperties === undefined) return undefined;
  return Object.entries(properties.userProperties).flatMap(([key, value]) =>
    Array.isArray(value) ? value.map((one) => [key, one] as const) : [[key, value] as const],
  );
}

/** The application properties of a message; what belongs to one hop only (aliases, identifiers) is left out. */
export function fromEngineProperties(properties: EngineProperties | undefined): MessageProperties | undefined {
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

function group(list: UserProperties): Record<string, string | string[]> {
  const grouped: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [key, value] of list) {
    const before = grouped[key];
    grouped[key] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return grouped;
}

export function toEngineProperties(properties: MessageProperties | undefined): EngineProperties {
  if (properties === undefined) return {};
  const { userProperties, payloadFormatIndicator, correlationData, ...rest } = properties;
  const result: EngineProperties = { ...rest };
  if (payloadFormatIndicator !== undefined) result.payloadFormatIndicator = payloadFormatIndicator === 1;
  if (correlationData !== undefined) result.correlationData = Buffer.from(correlationData);
  if (userProperties !== undefined) {
    result.userProperties = group(userProperties);
    keepUserProperties(result, userProperties);
  }
  return result;
}
