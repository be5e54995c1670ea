import type { StoredPacket } from '../../broker/session-store.ts';
import { matches } from '../../mqtt/topic.ts';
import { bytesOf } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { retainedRefused, type Size } from '../limits.ts';
import type { StoreLimits } from '../schema.ts';
import type { Batch } from './batch.ts';
import { RecordReader, RecordWriter } from './bytes.ts';
import type { Environment } from './environment.ts';
import { firstKey, lastKey } from './keys.ts';
import { decodeMessage, encodeBody, encodeMessage, messageHead, topicOf } from './message-record.ts';
import { nextFrom, rangeOf, topicIn, topicKey } from './retained-key.ts';

const pageRows = 512;
/** Topics read one after the other that do not match, before the walk jumps to where one may. */
const patience = 8;

const sizeKey = Buffer.from('retained-size');

export interface RetainedDeps extends StoreDeps {
  readonly environment: Environment;
  readonly batch: Batch;
}

/** The last retained message of each topic, all on disk; matched by walking the topics in their order. */
export class RetainedMessages {
  /** What is retained. */
  readonly total: Size;
  readonly #limits: StoreLimits;
  readonly #deps: RetainedDeps;
  #isResized = false;
  #sweepFrom = firstKey;

  constructor(limits: StoreLimits, deps: RetainedDeps) {
    this.#limits = limits;
    this.#deps = deps;
    this.total = loadSize(deps.environment);
  }

  /** @throws StoreError store-full */
  store(packet: StoredPacket): void {
    const { topic, qos, retain, payload } = packet;
    const { batch } = this.#deps;
    const key = topicKey(topic);
    const before = batch.get('retained', key);
    if (payload.length === 0) {
      if (before !== undefined) this.#remove(key, before);
      return;
    }
    const size = bytesOf(packet);
    const bytes = size - (before === undefined ? 0 : messageHead(before).size);
    if (!this.#hasRoom(topic, before === undefined ? 1 : 0, bytes)) return;
    const times = { queuedAt: this.#deps.now(), size };
    const record = encodeMessage(packet, { qos, retain, identifiers: [] }, encodeBody(packet), times);
    batch.put('retained', key, record, before === undefined);
    this.#resize(before === undefined ? 1 : 0, bytes);
  }

  /** The messages whose topic matches one of the filters, one filter after the other, read page by page. */
  *match(filters: readonly string[]): Generator<StoredPacket, void> {
    for (const filter of filters)
      for (const key of this.#keysOf(filter)) {
        const record = this.#deps.batch.get('retained', key);
        if (record === undefined || this.#dropIfExpired(key, record)) continue;
        const packet = decodeMessage(record);
        if (packet.cmd !== 'pubrel' && matches(filter, packet.topic)) yield packet;
      }
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
    const record = new RecordWriter().u48(this.total.messages).u48(this.total.bytes).end();
    this.#deps.batch.put('meta', sizeKey, record);
  }

  *#keysOf(filter: string): Generator<Buffer, void> {
    const { environment, batch } = this.#deps;
    if (!/[+#]/.test(filter)) {
      yield topicKey(filter);
      return;
    }
    let { from, to } = rangeOf(filter);
    for (;;) {
      batch.commitNow();
      const keys = environment.keys('retained', { from, to, maxRows: pageRows });
      const last = keys.at(-1);
      if (last === undefined) return;
      from = (yield* matching(filter, keys)) ?? Buffer.concat([last, firstKey]);
    }
  }

  #hasRoom(topic: string, messages: number, bytes: number): boolean {
    const { retained } = this.#limits;
    if (this.total.messages + messages <= retained.messages && this.total.bytes + bytes <= retained.bytes) return true;
    const isRefused = retained.onFull === 'refuse';
    this.#deps.onDropped({ reason: isRefused ? 'refused' : 'retained-full', topic });
    if (isRefused) throw retainedRefused(topic, this.#limits);
    return false;
  }

  #dropIfExpired(key: Buffer, record: Buffer): boolean {
    const { messageExpiry } = messageHead(record);
    if (messageExpiry === undefined || messageExpiry > this.#deps.now()) return false;
    this.#remove(key, record);
    this.#deps.onDropped({ reason: 'expired', topic: topicOf(record) ?? '' });
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
  }
}

/** Yields the keys that may match. @returns where to go on when the rest of the page cannot match. */
function* matching(filter: string, keys: readonly Buffer[]): Generator<Buffer, Buffer | undefined> {
  let missed = 0;
  for (const key of keys) {
    const topic = topicIn(key);
    if (topic === undefined || matches(filter, topic)) {
      missed = 0;
      yield key;
      continue;
    }
    missed += 1;
    const next = missed < patience ? undefined : nextFrom(filter, topic);
    if (next !== undefined && Buffer.compare(next, keys.at(-1) ?? next) > 0) return next;
  }
  return undefined;
}

function loadSize(environment: Environment): Size {
  const record = environment.get('meta', sizeKey);
  if (record === undefined) return { messages: 0, bytes: 0 };
  const reader = new RecordReader(record, 'the size of the retained messages');
  return { messages: reader.u48(), bytes: reader.u48() };
}
