import type { StoredMessage } from '../../../broker/store-port.ts';
import type { StoredProperties } from '../../../broker/stored-properties.ts';
import type { ExportLine, LineOf, RecordOf } from './export-schema.ts';

type MessageLine = Omit<LineOf<'retained'>, 'type' | 'queuedAt'>;
type MessageRecord = Omit<RecordOf<'retained'>, 'type' | 'queuedAt'>;

/** The fields of a message as an export has them. */
export function lineOfMessage(packet: StoredMessage): MessageLine {
  const { topic, payload, qos, retain, expiresAt, runId, counter, clientId, properties } = packet;
  const line = propertiesLine(properties);
  return {
    topic,
    payload: base64Of(payload),
    ...(typeof payload === 'string' ? { isText: true } : {}),
    qos,
    retain,
    ...(expiresAt === undefined ? {} : { expiresAt: Math.ceil(expiresAt) }),
    ...(runId === undefined ? {} : { node: runId }),
    ...(counter === undefined ? {} : { counter: counter }),
    ...(clientId === undefined ? {} : { publisher: clientId }),
    ...(line === undefined ? {} : { properties: line }),
  };
}

/** The way back. */
export function messageOfLine(record: MessageRecord): StoredMessage {
  const { topic, payload, isText, qos, retain, expiresAt, node, counter, publisher, properties } = record;
  return {
    cmd: 'publish',
    topic,
    payload: isText === true ? payload.toString() : payload,
    qos,
    retain,
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt }),
    ...(node === undefined ? {} : { runId: node }),
    ...(counter === undefined ? {} : { counter: counter }),
    ...(publisher === undefined ? {} : { clientId: publisher }),
    ...(properties === undefined ? {} : { properties: propertiesOf(properties) }),
  };
}

const base64Of = (bytes: Uint8Array | string): string =>
  (typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).toString(
    'base64',
  );

/** Without the identifiers of subscriptions, which are the queue's. */
function propertiesLine(properties: StoredProperties | undefined): MessageLine['properties'] {
  if (properties === undefined) return undefined;
  const { correlationData, subscriptionIdentifier: _identifiers, userPropertyList, ...rest } = properties;
  const line = {
    ...rest,
    ...(userPropertyList === undefined
      ? {}
      : { userPropertyList: userPropertyList.map(([name, value]): [string, string] => [name, value]) }),
    ...(correlationData === undefined ? {} : { correlationData: base64Of(correlationData) }),
  };
  return Object.keys(line).length === 0 ? undefined : line;
}

function propertiesOf(fields: NonNullable<MessageRecord['properties']>): StoredProperties {
  const properties: StoredProperties = {};
  Object.assign(properties, fields); // what is left out of a line is absent here too
  return properties;
}

/** One line of an export. */
export const lineOf = (line: ExportLine): string => `${JSON.stringify(line)}\n`;
