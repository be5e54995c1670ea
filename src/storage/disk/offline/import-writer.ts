import { StoreError } from '../../../kernel/errors.ts';
import { bytesOf } from '../../detach.ts';
import { emptySize, type Size } from '../../limits.ts';
import { encodeWill } from '../disk-wills.ts';
import type { Environment, TableName } from '../files/environment.ts';
import { inboundKey, type OwnerNumber, ownerKey, queueKey, textKey } from '../files/keys.ts';
import { schemaVersion, versionRow } from '../files/schema-version.ts';
import { encodeBody, encodeMessage, releasedRecord } from '../queues/message-record.ts';
import { numberRows } from '../queues/numbers.ts';
import { encodeOwner, encodeSize } from '../queues/owners.ts';
import { retainedSizeRow } from '../retained/disk-retained.ts';
import { topicKey } from '../retained/retained-key.ts';
import { encodeSubscription } from '../subscription-record.ts';
import type { ExportRecord, RecordOf } from './export-schema.ts';
import { messageOfLine } from './message-line.ts';

/** Bytes and rows that are held back at most. */
const maxBytes = 8_388_608;
const maxRows = 20_000;

interface ImportedOwner {
  readonly number: OwnerNumber;
  readonly size: Size;
}

/** Writes records into an empty store. Until `finish` no broker takes it for a whole one. */
export class ImportWriter {
  readonly #environment: Environment;
  readonly #owners = new Map<string, ImportedOwner>();
  readonly #retained = emptySize();
  #rows = new Map<string, readonly [table: TableName, key: Buffer, value: Buffer]>();
  #bytes = 0;
  #sequence = 1;

  constructor(environment: Environment) {
    this.#environment = environment;
    environment.transaction((_put, remove) => remove('meta', versionRow(schemaVersion)[0]));
  }

  /** @returns what keeps the record out, as a sentence without its end. */
  add(record: ExportRecord): string | undefined {
    switch (record.type) {
      case 'client':
        return this.#client(record);
      case 'subscription':
        return this.#ofOwner(record.clientId, (owner) => this.#subscription(owner, record));
      case 'message':
        return this.#ofOwner(record.clientId, (owner) => this.#message(owner, record));
      case 'release':
        return this.#ofOwner(record.clientId, (owner) => this.#release(owner, record));
      case 'inbound':
        return this.#putNew(
          'inbound',
          inboundKey(record.clientId, record.packetId),
          Buffer.from(record.clientId),
          `packet identifier ${record.packetId} of client "${record.clientId}"`,
        );
      case 'will':
        return this.#will(record);
      case 'retained':
        return this.#retain(record);
      case 'export':
      default:
        return 'an export has one first line, and this is one more';
    }
  }

  /** Makes the store a whole one; it survives a power loss when the promise is kept. */
  async finish(): Promise<void> {
    for (const { number, size } of this.#owners.values())
      if (size.messages > 0) this.#put('sizes', ownerKey(number), encodeSize(size));
    for (const row of numberRows(this.#owners.size + 1, this.#sequence)) this.#put('meta', ...row);
    this.#put('meta', ...retainedSizeRow(this.#retained));
    this.#write();
    await this.#environment.sync();
    this.#put('meta', ...versionRow(schemaVersion));
    this.#write();
    await this.#environment.sync();
  }

  #client({ clientId, session }: RecordOf<'client'>): string | undefined {
    if (this.#owners.has(clientId)) return `client "${clientId}" stands there twice`;
    const number = this.#owners.size + 1;
    this.#owners.set(clientId, { number, size: emptySize() });
    if (session === undefined) this.#put('owners', ownerKey(number), encodeOwner({ clientId, session }));
    else {
      this.#put('owners', ownerKey(number), encodeOwner({ clientId, session: { clientId, ...session } }));
    }
    return undefined;
  }

  #subscription({ number }: ImportedOwner, record: RecordOf<'subscription'>): string | undefined {
    const { filter, qos, retainHandling, retainAsPublished, noLocal, identifier } = record;
    const subscription = { filter, qos, retainHandling, retainAsPublished, noLocal, identifier };
    const key = textKey(filter, ownerKey(number));
    return this.#putNew('subscriptions', key, encodeSubscription(subscription), `the subscription to "${filter}"`);
  }

  #message(owner: ImportedOwner, record: RecordOf<'message'>): undefined {
    const { queuedAt, identifiers = [], shared, packetId, qos, retain } = record;
    const delivery = { qos, retain, identifiers, shared };
    const packet = messageOfLine(record);
    const size = bytesOf(packet);
    const encoded = encodeMessage(packet, delivery, encodeBody(packet), { queuedAt, size });
    this.#queue(owner, encoded, size, packetId);
  }

  #release(owner: ImportedOwner, { packetId, queuedAt, qos, ...named }: RecordOf<'release'>): undefined {
    const { expiresAt, node, counter } = named;
    const packet = messageOfLine({ topic: '', payload: Buffer.alloc(0), qos, retain: false, expiresAt, node, counter });
    const delivery = { qos, retain: false, identifiers: [] };
    const encoded = encodeMessage(packet, delivery, encodeBody(packet), { queuedAt, size: 0 });
    this.#queue(owner, releasedRecord(encoded), 0, packetId);
  }

  #queue(owner: ImportedOwner, record: Buffer, size: number, packetId: number | undefined): void {
    const key = queueKey(owner.number, this.#sequence++);
    this.#put('queue', key, record);
    owner.size.messages += 1;
    owner.size.bytes += size;
    if (packetId !== undefined) this.#put('sent', key, Buffer.from([packetId >> 8, packetId & 0xff]));
  }

  #will({ clientId, brokerId, publishAt, ...record }: RecordOf<'will'>): string | undefined {
    const due = publishAt === undefined ? {} : { publishAt };
    const will = { ...messageOfLine(record), clientId, runId: brokerId, ...due };
    return this.#putNew('wills', textKey(clientId), encodeWill(will), `the will of client "${clientId}"`);
  }

  #retain(record: RecordOf<'retained'>): string | undefined {
    const packet = messageOfLine(record);
    const size = bytesOf(packet);
    const times = { queuedAt: record.queuedAt, size };
    const delivery = { qos: packet.qos, retain: packet.retain, identifiers: [] };
    const encoded = encodeMessage(packet, delivery, encodeBody(packet), times);
    const problem = this.#putNew('retained', topicKey(packet.topic), encoded, `topic "${packet.topic}"`);
    if (problem !== undefined) return problem;
    this.#retained.messages += 1;
    this.#retained.bytes += size;
    return undefined;
  }

  #ofOwner(clientId: string, write: (owner: ImportedOwner) => string | undefined): string | undefined {
    const owner = this.#owners.get(clientId);
    return owner === undefined ? `no line of type "client" before it names client "${clientId}"` : write(owner);
  }

  #putNew(table: TableName, key: Buffer, value: Buffer, what: string): string | undefined {
    if (this.#rows.has(nameOf(table, key)) || this.#environment.has(table, key)) return `${what} stands there twice`;
    this.#put(table, key, value);
    return undefined;
  }

  #put(table: TableName, key: Buffer, value: Buffer): void {
    this.#rows.set(nameOf(table, key), [table, key, value]);
    this.#bytes += value.length;
    if (this.#bytes > maxBytes || this.#rows.size >= maxRows) this.#write();
  }

  #write(): void {
    try {
      this.#environment.transaction((put) => {
        for (const row of this.#rows.values()) put(...row);
      });
    } catch (cause) {
      throw new StoreError('store-unavailable', `the store cannot be written: ${String(cause)}`, { cause });
    }
    this.#rows = new Map();
    this.#bytes = 0;
  }
}

const nameOf = (table: TableName, key: Buffer): string => `${table} ${key.toString('latin1')}`;
