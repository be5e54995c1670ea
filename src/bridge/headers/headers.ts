import type { Message, MessageProperties, Qos } from '../../plane/message.ts';
import type { HeaderList } from '../link.ts';
import { headerNames, type InvalidHeader } from './header-names.ts';
import { type HeadersSoFar, headerReaders } from './header-readers.ts';
import { isJetStreamHeader, jetStreamHeaders, messageIdHeader } from './jetstream-headers.ts';
import { encodeUserProperties, isUserProperty } from './user-properties.ts';

/**
 * The headers of a message on its way to NATS: the nodes it has passed, and what differs from a plain QoS 0 message.
 * @param nodes nodes passed, oldest first, this one last.
 */
export function messageToHeaders(message: Message, nodes: readonly string[]): HeaderList {
  const headers: (readonly [string, string])[] = [
    ...jetStreamHeaders(message.properties?.userProperties),
    [headerNames.origin, nodes.join(',')],
  ];
  if (message.qos > 0) headers.push([headerNames.qos, String(message.qos)]);
  if (message.retain) headers.push([headerNames.retain, '1']);
  const { properties } = message;
  if (properties === undefined) return headers;
  if (properties.payloadFormatIndicator !== undefined)
    headers.push([headerNames.payloadFormat, String(properties.payloadFormatIndicator)]);
  if (properties.messageExpiryInterval !== undefined)
    headers.push([headerNames.messageExpiry, String(properties.messageExpiryInterval)]);
  if (properties.contentType !== undefined)
    headers.push([headerNames.contentType, percentEncode(properties.contentType)]);
  if (properties.responseTopic !== undefined)
    headers.push([headerNames.responseTopic, percentEncode(properties.responseTopic)]);
  if (properties.correlationData !== undefined)
    headers.push([headerNames.correlationData, Buffer.from(properties.correlationData).toString('base64')]);
  return properties.userProperties === undefined
    ? headers
    : headers.concat(encodeUserProperties(properties.userProperties));
}

/** `Nats-Msg-Id` where the publisher has given none; first, as `jetStreamHeaders` says. */
export const withId = (headers: HeaderList, id: string): HeaderList =>
  headers.some(([name]) => name === messageIdHeader) ? headers : [[messageIdHeader, id], ...headers];

/** The topic of a message that the last node would recognise by it, should it come back. */
export const topicHeader = (topic: string): HeaderList[number] => [headerNames.topic, percentEncode(topic)];

/** True for a message that needs no header but its origin. */
export const isPlain = ({ qos, retain, properties }: Message): boolean =>
  qos === 0 && !retain && (properties === undefined || Object.keys(properties).length === 0);

export interface ReadHeaders {
  /** undefined: not said. */
  readonly qos: Qos | undefined;
  readonly retain: boolean;
  readonly properties: MessageProperties | undefined;
  /** Nodes passed, oldest first; undefined: the message comes from a plain NATS client. */
  readonly nodes: readonly string[] | undefined;
  /** Its topic at the last of them, where that node would hear it again. */
  readonly topic: string | undefined;
  /** Headers with values that cannot be used; they are ignored. */
  readonly invalid: readonly InvalidHeader[];
}

const noHeaders: ReadHeaders = {
  qos: undefined,
  retain: false,
  properties: undefined,
  nodes: undefined,
  topic: undefined,
  invalid: [],
};

/**
 * Reads the headers of a message from NATS. `Mqtt-*` headers are ours; all others, `Nats-Msg-Id` included, become user
 * properties in their order, those that JetStream reads first. A value that cannot be used is left out and named in `invalid`; it never costs the message.
 */
export function readHeaders(headers: HeaderList | undefined): ReadHeaders {
  if (headers === undefined || headers.length === 0) return noHeaders;
  const draft: HeadersSoFar = {
    qos: undefined,
    retain: false,
    nodes: undefined,
    topic: undefined,
    properties: {},
    userProperties: [],
  };
  const invalid: InvalidHeader[] = [];
  const forJetStream: [string, string][] = [];
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const known = headerReaders.get(lower);
    if (known !== undefined) {
      const [field, read] = known;
      if (!read(value, draft)) invalid.push(field);
    } else if (lower.startsWith('mqtt-')) invalid.push('unknown');
    else if (isUserProperty(name, value)) {
      if (isJetStreamHeader(name) && forJetStream.every(([other]) => other !== name)) forJetStream.push([name, value]);
      else draft.userProperties.push([name, value]);
    } else invalid.push('foreign');
  }
  draft.userProperties.unshift(...forJetStream.filter((header) => !isAmong(draft.userProperties, header)));
  if (draft.userProperties.length > 0) draft.properties.userProperties = draft.userProperties;
  return {
    qos: draft.qos,
    retain: draft.retain,
    nodes: draft.nodes,
    topic: draft.topic,
    properties: Object.keys(draft.properties).length === 0 ? undefined : draft.properties,
    invalid,
  };
}

/** A node of ours sends a User Property that JetStream reads both as its header and in its place in the list. */
const isAmong = (pairs: readonly (readonly [string, string])[], [name, value]: HeaderList[number]): boolean =>
  pairs.some(([other, its]) => its === value && other.toLowerCase() === name.toLowerCase());

// oxlint-disable-next-line no-control-regex
const needsPercent = /[%\u0000-\u001f\u007f]/g;

/** Keeps text readable: only `%`, control characters and white space at the ends are written as `%HH`. */
function percentEncode(text: string): string {
  const start = text.length - text.trimStart().length;
  const end = Math.max(start, text.trimEnd().length);
  const middle = text.slice(start, end).replace(needsPercent, encodeURIComponent);
  return encodeURIComponent(text.slice(0, start)) + middle + encodeURIComponent(text.slice(end));
}
