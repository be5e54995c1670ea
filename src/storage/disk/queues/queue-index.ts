import type { Nameable } from '../../../broker/store-port.ts';
import type { Batch } from '../files/batch.ts';
import type { Environment } from '../files/environment.ts';
import { type OwnerNumber, queueKey, sequenceIn } from '../files/keys.ts';
import { identityOf } from './message-record.ts';

/** Runs of nodes whose messages stand under a number; those of more stand under a text. */
const maxRuns = 64;
const maxCounter = 2 ** 46;
const pageRows = 1_000;
const pageBytes = 4_194_304;

/** How messages are named in an index: by run and counter, as a number where it is possible, which is small. */
export class Identities {
  readonly #runs = new Map<string, number>();

  /** @returns undefined for a message without identity. */
  of({ runId, counter }: Nameable): number | string | undefined {
    if (runId === undefined || counter === undefined) return undefined;
    let run = this.#runs.get(runId);
    if (run === undefined && this.#runs.size < maxRuns) this.#runs.set(runId, (run = this.#runs.size));
    const isNumber = run !== undefined && counter >= 0 && counter < maxCounter;
    return isNumber && Number.isInteger(counter) ? counter * maxRuns + (run ?? 0) : `${counter}@${runId}`;
  }
}

export interface QueueIndexDeps {
  readonly environment: Environment;
  readonly batch: Batch;
  readonly identities: Identities;
}

/**
 * Where the messages of one queue stand, by identity and by packet identifier. Messages that were queued before the
 * index was made are looked up on disk, all of them when the first is asked for, so a queue that nobody reads takes no
 * memory, and one that is read pays once.
 */
export class QueueIndex {
  readonly #owner: OwnerNumber;
  readonly #deps: QueueIndexDeps;
  readonly #byIdentity = new Map<number | string, number>();
  /** The last one sent under an identifier stands last. */
  readonly #byMessageId = new Map<number, number[]>();
  readonly #messageIds = new Map<number, number>();
  /** Messages before this one are not in `#byIdentity`; 0 when all are. */
  #unreadEnd: number;

  /** @param end above the sequence numbers of all messages that stand in the queue. */
  constructor(owner: OwnerNumber, end: number, deps: QueueIndexDeps) {
    this.#owner = owner;
    this.#deps = deps;
    this.#unreadEnd = end;
    deps.batch.settle('sent', queueKey(owner, 0), queueKey(owner, end));
    for (const { key, value } of pages(deps.environment, 'sent', owner, end))
      this.#assign(sequenceIn(key), value.readUInt16BE(0));
  }

  add(packet: Nameable, sequence: number): void {
    const identity = this.#deps.identities.of(packet);
    if (identity !== undefined) this.#byIdentity.set(identity, sequence);
  }

  /** Only among those queued since the index was made. */
  has(packet: Nameable): boolean {
    const identity = this.#deps.identities.of(packet);
    return identity !== undefined && this.#byIdentity.has(identity);
  }

  /** Sequence number of the message with this identity. */
  find(packet: Nameable): number | undefined {
    const identity = this.#deps.identities.of(packet);
    if (identity === undefined) return undefined;
    const found = this.#byIdentity.get(identity);
    if (found !== undefined || this.#unreadEnd === 0) return found;
    this.#readRest();
    return this.#byIdentity.get(identity);
  }

  /** Sequence number of the message that was sent last under this packet identifier. */
  sentAs(messageId: number | undefined): number | undefined {
    return messageId === undefined ? undefined : this.#byMessageId.get(messageId)?.at(-1);
  }

  messageIdOf(sequence: number): number | undefined {
    return this.#messageIds.get(sequence);
  }

  /** Notes that the message was sent under this packet identifier. */
  markSent(sequence: number, messageId: number): void {
    const before = this.#messageIds.get(sequence);
    if (before === messageId) return;
    this.#release(sequence);
    this.#assign(sequence, messageId);
    const value = Buffer.allocUnsafe(2);
    value.writeUInt16BE(messageId, 0);
    this.#deps.batch.put('sent', queueKey(this.#owner, sequence), value, before === undefined);
  }

  remove(sequence: number, packet: Nameable): void {
    const identity = this.#deps.identities.of(packet);
    if (identity !== undefined && this.#byIdentity.get(identity) === sequence) this.#byIdentity.delete(identity);
    if (!this.#messageIds.has(sequence)) return;
    this.#release(sequence);
    this.#deps.batch.remove('sent', queueKey(this.#owner, sequence));
  }

  #assign(sequence: number, messageId: number): void {
    this.#messageIds.set(sequence, messageId);
    const others = this.#byMessageId.get(messageId);
    if (others === undefined) this.#byMessageId.set(messageId, [sequence]);
    else others.push(sequence);
  }

  #release(sequence: number): void {
    const messageId = this.#messageIds.get(sequence);
    if (messageId === undefined) return;
    this.#messageIds.delete(sequence);
    const left = (this.#byMessageId.get(messageId) ?? []).filter((other) => other !== sequence);
    if (left.length === 0) this.#byMessageId.delete(messageId);
    else this.#byMessageId.set(messageId, left);
  }

  #readRest(): void {
    const end = this.#unreadEnd;
    this.#unreadEnd = 0;
    this.#deps.batch.settle('queue', queueKey(this.#owner, 0), queueKey(this.#owner, end));
    for (const { key, value } of pages(this.#deps.environment, 'queue', this.#owner, end)) {
      const identity = identityOf(value);
      if (identity !== undefined) this.add(identity, sequenceIn(key));
    }
  }
}

/** Rows of one owner below `end`, read page by page. */
function* pages(
  environment: Environment,
  table: 'queue' | 'sent',
  owner: OwnerNumber,
  end: number,
): Generator<{ readonly key: Buffer; readonly value: Buffer }, void> {
  const to = queueKey(owner, end);
  for (let from = 0; ; ) {
    const rows = environment.rows(table, { from: queueKey(owner, from), to, maxRows: pageRows, maxBytes: pageBytes });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    from = sequenceIn(last.key) + 1;
  }
}
