import { identifiersOf } from '../../../broker/stored-properties.ts';
import { StoreError } from '../../../kernel/errors.ts';
import { decodeWill } from '../disk-wills.ts';
import { damaged } from '../files/damaged.ts';
import type { Environment, Row, TableName } from '../files/environment.ts';
import { endOfQueue, firstKey, lastKey, ownerIn, ownerKey, queueKey } from '../files/keys.ts';
import { decodeMessage, identityOf, messageHead, qosIn } from '../queues/message-record.ts';
import { decodeOwner } from '../queues/owners.ts';
import { decodeSubscription } from '../subscription-record.ts';
import { type ExportLine, exportFormat, exportVersion } from './export-schema.ts';
import { lineOf, lineOfMessage } from './message-line.ts';

const pageRows = 512;
const pageBytes = 1_048_576;
/** Characters of lines that are handed over at once. */
const chunkCharacters = 65_536;

/** Told of each record that cannot be read; it is left out. Without it the export ends there. */
export type ReportSkipped = (table: TableName, error: StoreError) => void;

/** Everything in a store as JSON lines, a page at a time, in an order that an import keeps. */
export function* exportLines(environment: Environment, onSkipped?: ReportSkipped): Generator<string, void> {
  let chunk = '';
  for (const line of new Export(environment, onSkipped).lines()) {
    chunk += lineOf(line);
    if (chunk.length < chunkCharacters) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

class Export {
  readonly #environment: Environment;
  readonly #onSkipped: ReportSkipped | undefined;

  constructor(environment: Environment, onSkipped: ReportSkipped | undefined) {
    this.#environment = environment;
    this.#onSkipped = onSkipped;
  }

  *lines(): Generator<ExportLine, void> {
    yield { type: 'export', format: exportFormat, version: exportVersion };
    for (const row of this.#rows('owners')) yield* this.#client(row);
    for (const row of this.#rows('inbound'))
      yield* this.#line('inbound', () => ({
        type: 'inbound',
        clientId: row.value.toString(),
        packetId: row.key.readUInt16BE(row.key.length - 2),
      }));
    for (const { value } of this.#rows('wills')) yield* this.#line('wills', () => willLine(value));
    for (const { value } of this.#rows('retained')) yield* this.#line('retained', () => retainedLine(value));
  }

  *#client({ key, value }: Row): Generator<ExportLine, void> {
    const number = ownerIn(key);
    let known: string | undefined;
    yield* this.#line('owners', () => {
      const owner = decodeOwner(number, value);
      known = owner.clientId;
      return clientLine(owner);
    });
    if (known === undefined) return; // cannot be read, and so nobody's
    const clientId = known;
    for (const row of this.#rows('subscriptions', ownerKey(number), ownerKey(number + 1)))
      yield* this.#line('subscriptions', () => subscriptionLine(clientId, row.value));
    for (const row of this.#rows('queue', queueKey(number, 0), queueKey(number, endOfQueue)))
      yield* this.#line('queue', () => queuedLine(clientId, row.value, this.#sentAs(row.key)));
  }

  #sentAs(key: Buffer): number | undefined {
    return this.#environment.get('sent', key)?.readUInt16BE(0);
  }

  *#line(table: TableName, make: () => ExportLine): Generator<ExportLine, void> {
    try {
      yield make();
    } catch (error) {
      if (!(error instanceof StoreError) || this.#onSkipped === undefined) throw error;
      this.#onSkipped(table, error);
    }
  }

  *#rows(table: TableName, start: Buffer = firstKey, to: Buffer = lastKey): Generator<Row, void> {
    for (let from = start; ; ) {
      const rows = this.#environment.rows(table, { from, to, maxRows: pageRows, maxBytes: pageBytes });
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) return;
      from = Buffer.concat([last.key, firstKey]);
    }
  }
}

function clientLine({ clientId, session }: ReturnType<typeof decodeOwner>): ExportLine {
  if (session === undefined) return { type: 'client', clientId };
  const { principal, trust, expirySeconds, disconnectedAt } = session;
  const owner = trust === undefined ? { principal } : { principal, trust };
  const away = disconnectedAt === undefined ? {} : { disconnectedAt };
  return { type: 'client', clientId, session: { ...owner, expirySeconds, ...away } };
}

function subscriptionLine(clientId: string, record: Buffer): ExportLine {
  const { filter, qos, retainHandling, retainAsPublished, noLocal, identifier } = decodeSubscription(record);
  return {
    type: 'subscription',
    clientId,
    filter: filter,
    qos,
    ...(retainHandling === 0 || retainHandling === 1 || retainHandling === 2 ? { retainHandling: retainHandling } : {}),
    ...(retainAsPublished === undefined ? {} : { retainAsPublished: retainAsPublished }),
    ...(noLocal === undefined ? {} : { noLocal: noLocal }),
    ...(identifier === undefined ? {} : { identifier: identifier }),
  };
}

function queuedLine(clientId: string, record: Buffer, sentAs: number | undefined): ExportLine {
  const { queuedAt, expiresAt } = messageHead(record);
  const packet = decodeMessage(record, sentAs);
  if (packet.cmd === 'pubrel') {
    const { runId, counter } = identityOf(record) ?? {};
    return {
      type: 'release',
      clientId,
      packetId: packet.packetId,
      queuedAt,
      qos: qosIn(record),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(runId === undefined ? {} : { node: runId }),
      ...(counter === undefined ? {} : { counter }),
    };
  }
  const identifiers = [...identifiersOf(packet.properties)];
  return {
    type: 'message',
    clientId,
    queuedAt,
    ...lineOfMessage(packet),
    ...(identifiers.length === 0 ? {} : { identifiers }),
    ...(packet.shared === undefined ? {} : { shared: [...packet.shared] }),
    ...(sentAs === undefined ? {} : { packetId: sentAs }),
  };
}

function willLine(record: Buffer): ExportLine {
  const { clientId, runId = '', publishAt, ...will } = decodeWill(record);
  const fields = lineOfMessage(will);
  const due = publishAt === undefined ? {} : { publishAt: Math.ceil(publishAt) };
  return { type: 'will', clientId, ...fields, brokerId: runId, ...due };
}

function retainedLine(record: Buffer): ExportLine {
  const packet = decodeMessage(record);
  if (packet.cmd === 'pubrel') throw damaged('a retained message of the store is none');
  return { type: 'retained', queuedAt: messageHead(record).queuedAt, ...lineOfMessage(packet) };
}
