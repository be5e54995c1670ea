import type { StoredMessage } from '../../../broker/store-port.ts';
import { matches } from '../../../mqtt/topic.ts';
import { bytesOf } from '../../detach.ts';
import type { StoreDeps } from '../../drop.ts';
import { retainedFits, type Size } from '../../limits.ts';
import type { StoreLimits } from '../../schema.ts';
import type { Batch } from '../files/batch.ts';
import { RecordReader, RecordWriter } from '../files/bytes.ts';
import type { Environment, Row } from '../files/environment.ts';
import { firstKey, lastKey } from '../files/keys.ts';
import {
  decodeRetained,
  encodeBody,
  encodeMessage,
  expiryIn,
  messageHead,
  topicOfRecord,
} from '../queues/message-record.ts';
import { isCut, isWholeRange, nextFrom, rangeOf, topicIn, topicKey } from './retained-key.ts';
import { TopicBlocks } from './topic-blocks.ts';
import { queryOf } from './topic-signature.ts';

const pageRows = 512;
const pageBytes = 1_048_576;

const sizeKey = Buffer.from('retained-size');

export interface RetainedDeps extends StoreDeps {
  readonly environment: Environment;
  readonly batch: Batch;
}

/** The last retained message of each topic, all on disk; matched by walking the topics in their order, where any may match. */
export class DiskRetained {
  /** What is retained. */
  readonly total: Size;
  readonly #limits: StoreLimits;
  readonly #deps: RetainedDeps;
  readonly #blocks = new TopicBlocks();
  #isResized = false;
  /** Rises with every change of a row. */
  #changes = 0;
  #sweepFrom = firstKey;

  constructor(limits: StoreLimits, deps: RetainedDeps) {
    this.#limits = limits;
    this.#deps = deps;
    this.total = retainedSizeIn(deps.environment);
  }

  /** Whether it may be kept; reports it where not. @throws StoreError store-full */
  fits(packet: StoredMessage): boolean {
    if (packet.payload.length === 0) return true;
    const before = this.#deps.batch.get('retained', topicKey(packet.topic));
    return retainedFits(packet.topic, moreThan(before, bytesOf(packet)), this.total, this.#limits, this.#deps);
  }

  /** Looks at no limit; an empty payload removes what is there. */
  put(packet: StoredMessage): void {
    const { topic, qos, retain, payload } = packet;
    const { batch } = this.#deps;
    const key = topicKey(topic);
    const before = batch.get('retained', key);
    if (payload.length === 0) {
      if (before !== undefined) this.#remove(key, before);
      return;
    }
    const size = bytesOf(packet);
    const { messages, bytes } = moreThan(before, size);
    const times = { queuedAt: this.#deps.now(), size };
    const record = encodeMessage(packet, { qos, retain, identifiers: [] }, encodeBody(packet), times);
    batch.put('retained', key, record, before === undefined);
    if (before === undefined) this.#blocks.added(key, topic);
    this.#resize(messages, bytes);
  }

  /** The messages whose topic matches, read page by page. */
  *pages(filter: string): Generator<Iterable<StoredMessage>, void> {
    if (!/[+#]/.test(filter)) {
      yield this.#packets(filter, this.#current(topicKey(filter)));
      return;
    }
    for (const rows of this.#search(filter)) yield this.#packets(filter, rows);
  }

  /** Looks at some topics, round-robin, so that expired messages that nobody reads leave the disk. */
  sweep(maxRows: number): void {
    const range = { from: this.#sweepFrom, to: lastKey, maxRows, maxBytes: 4_194_304 };
    const rows = this.#deps.environment.rows('retained', range);
    for (const { key } of rows) {
      const record = this.#deps.batch.get('retained', key);
      if (record !== undefined) this.#dropIfExpired(key, record);
    }
    const last = rows.at(-1);
    this.#sweepFrom = last === undefined ? firstKey : Buffer.concat([last.key, firstKey]);
  }

  /** Writes the size if it changed. */
  writeSize(): void {
    if (!this.#isResized) return;
    this.#isResized = false;
    this.#deps.batch.put('meta', ...retainedSizeRow(this.total));
  }

  *#packets(filter: string, rows: Iterable<Row>): Generator<StoredMessage, void> {
    for (const { key, value } of rows) {
      if (this.#dropIfExpired(key, value)) continue;
      const packet = decodeRetained(value);
      if (!isCut(key) || matches(filter, packet.topic)) yield packet;
    }
  }

  /** Rows whose topic matches, page by page, of which some are empty; a topic too long for its key may not match. */
  *#search(filter: string): Generator<Iterable<Row>, void> {
    const { environment, batch } = this.#deps;
    const query = queryOf(filter);
    let { from, to } = rangeOf(filter);
    let isDense = query === undefined || !this.#blocks.isSigned(from);
    for (;;) {
      const span = isDense || query === undefined ? { from, to, isNew: false } : this.#blocks.next(query, { from, to });
      if (span === undefined) return;
      batch.settle('retained', span.from, span.to);
      const changes = this.#changes;
      const range = { ...span, maxRows: pageRows };
      const rows = isDense ? environment.rows('retained', { ...range, maxBytes: pageBytes }) : [];
      const keys: readonly Buffer[] = isDense ? rows.map(({ key }) => key) : environment.keys('retained', range);
      const last = keys.at(-1);
      const isWhole = last === undefined || (!isDense && keys.length < pageRows);
      from = isWhole ? span.to : placeBehind(filter, last);
      const found = placesOf(filter, keys);
      const isSparse = found.length * 2 <= keys.length;
      if (isSparse && (isDense || span.isNew)) this.#sign(span.from, keys, from);
      yield this.#upToDate({ found, keys, rows, changes });
      isDense = !isSparse;
      if (Buffer.compare(from, to) >= 0) return;
    }
  }

  /** Remembers what was read. @param next where the walk goes on */
  #sign(from: Buffer, keys: readonly Buffer[], next: Buffer): void {
    const last = keys.at(-1);
    if (last === undefined) return;
    const behind = Buffer.concat([last, firstKey]);
    const isAll = this.#deps.environment.keys('retained', { from: behind, to: next, maxRows: 1 }).length === 0;
    this.#blocks.sign({ from, to: isAll ? next : behind }, keys);
  }

  /** Rows as they are when they are asked for. */
  *#upToDate({ found, keys, rows, changes }: FoundRows): Generator<Row, void> {
    for (const index of found) {
      const row = rows[index];
      const key = keys[index];
      if (row !== undefined && changes === this.#changes) yield row;
      else if (key !== undefined) yield* this.#current(key);
    }
  }

  *#current(key: Buffer): Generator<Row, void> {
    const value = this.#deps.batch.get('retained', key);
    if (value !== undefined) yield { key, value };
  }

  #dropIfExpired(key: Buffer, record: Buffer): boolean {
    const messageExpiry = expiryIn(record);
    if (messageExpiry === undefined || messageExpiry > this.#deps.now()) return false;
    this.#remove(key, record);
    this.#deps.onDropped({ reason: 'expired', topic: topicOfRecord(record) ?? '' });
    return true;
  }

  #remove(key: Buffer, record: Buffer): void {
    this.#deps.batch.remove('retained', key);
    this.#resize(-1, -messageHead(record).size);
  }

  #resize(messages: number, bytes: number): void {
    this.total.messages += messages;
    this.total.bytes += bytes;
    this.#isResized = true;
    this.#changes += 1;
  }
}

/** What a message adds to the total. */
const moreThan = (before: Buffer | undefined, size: number): Size =>
  before === undefined ? { messages: 1, bytes: size } : { messages: 0, bytes: size - messageHead(before).size };

/** One page of a search. */
interface FoundRows {
  /** Places among the keys. */
  readonly found: readonly number[];
  readonly keys: readonly Buffer[];
  /** Of the keys; none where they were not read. */
  readonly rows: readonly Row[];
  /** How many changes there were before. */
  readonly changes: number;
}

/** Places of the keys that may match. */
function placesOf(filter: string, keys: readonly Buffer[]): readonly number[] {
  if (isWholeRange(filter)) return Array.from(keys.keys());
  const found: number[] = [];
  for (const [index, key] of keys.entries()) {
    const topic = topicIn(key);
    if (topic === undefined || matches(filter, topic)) found.push(index);
  }
  return found;
}

/** Where the walk goes on behind a key, passing over what cannot match. */
function placeBehind(filter: string, key: Buffer): Buffer {
  const topic = topicIn(key);
  const next = topic === undefined || matches(filter, topic) ? undefined : nextFrom(filter, topic);
  return next ?? Buffer.concat([key, firstKey]);
}

/** The row of `meta` that says what is retained. */
export const retainedSizeRow = ({ messages, bytes }: Size): readonly [key: Buffer, value: Buffer] => [
  sizeKey,
  new RecordWriter().u48(messages).u48(bytes).end(),
];

/** @throws StoreError store-damaged */
export function retainedSizeIn(environment: Environment): Size {
  const record = environment.get('meta', sizeKey);
  if (record === undefined) return { messages: 0, bytes: 0 };
  const reader = new RecordReader(record, 'the size of the retained messages');
  return { messages: reader.u48(), bytes: reader.u48() };
}
