import { maxTextBytes } from '../../mqtt/utf8.ts';
import type { MessageProperties, Qos } from '../../plane/message.ts';
import { topicProblem } from '../mapping/topic.ts';
import { type HeaderField, headerNames } from './header-names.ts';
import { decodeUserProperty, isMqttString } from './user-properties.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the headers read so far say. */
export interface HeadersSoFar {
  qos: Qos | undefined;
  retain: boolean;
  readonly properties: Mutable<MessageProperties>;
  readonly userProperties: [string, string][];
  nodes: string[] | undefined;
  topic: string | undefined;
}

/** Reads one header value into the draft; false where the value cannot be used. */
type Reader = (value: string, draft: HeadersSoFar) => boolean;

const readers: readonly (readonly [HeaderField, Reader])[] = [
  [
    'origin',
    (value, draft) => {
      const nodes = value.split(',').map((node) => node.trim());
      if (nodes.includes('')) return false;
      draft.nodes ??= [];
      for (const node of nodes) draft.nodes.push(node);
      return true;
    },
  ],
  [
    'topic',
    (value, draft) => {
      draft.topic = percentDecode(value);
      return draft.topic !== undefined;
    },
  ],
  [
    'qos',
    (value, draft) => {
      draft.qos = value === '0' ? 0 : value === '1' ? 1 : value === '2' ? 2 : draft.qos;
      return /^[012]$/.test(value);
    },
  ],
  [
    'retain',
    (value, draft) => {
      draft.retain = value === '1' || value === 'true';
      return draft.retain || value === '0' || value === 'false';
    },
  ],
  [
    'payloadFormat',
    (value, { properties }) => {
      if (!/^[01]$/.test(value)) return false;
      properties.payloadFormatIndicator = value === '1' ? 1 : 0;
      return true;
    },
  ],
  [
    'messageExpiry',
    (value, { properties }) => {
      if (!/^\d{1,10}$/.test(value) || Number(value) > 0xff_ff_ff_ff) return false;
      properties.messageExpiryInterval = Number(value);
      return true;
    },
  ],
  [
    'contentType',
    (value, { properties }) => {
      const text = percentDecode(value);
      if (text === undefined || !isMqttString(text)) return false;
      properties.contentType = text;
      return true;
    },
  ],
  [
    'responseTopic',
    (value, { properties }) => {
      const text = percentDecode(value);
      if (text === undefined || topicProblem(text) !== undefined) return false;
      properties.responseTopic = text;
      return true;
    },
  ],
  [
    'correlationData',
    (value, { properties }) => {
      const bytes = Buffer.from(value, 'base64');
      if (bytes.toString('base64') !== value || bytes.length > maxTextBytes) return false;
      properties.correlationData = bytes;
      return true;
    },
  ],
  [
    'userProperty',
    (value, { userProperties }) => {
      const pair = decodeUserProperty(value);
      if (pair === undefined) return false;
      userProperties.push(pair);
      return true;
    },
  ],
];

/** Readers by header name in lower case. */
export const headerReaders: ReadonlyMap<string, readonly [HeaderField, Reader]> = new Map(
  readers.map((entry) => [headerNames[entry[0]].toLowerCase(), entry]),
);

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
