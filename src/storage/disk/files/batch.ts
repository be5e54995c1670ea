import { type Clock, systemClock } from '../../../kernel/clock.ts';
import { messageOf, StoreError, systemCode } from '../../../kernel/errors.ts';
import type { Environment, TableName } from './environment.ts';

export type Durability = 'commit' | 'fsync';

/** Bytes of values that are held back at most; more are committed before the turn ends. */
const maxBytes = 16_777_216;

/**
 * A commit waits for the disk. Where the last one kept the promises of so many, it rests as long as that took, so that
 * half of the time is left for everything else, and more goes with the next.
 */
const crowd = 4;
const maxPauseMs = 10;

interface Write {
  readonly key: Buffer;
  /** Undefined removes the row. */
  readonly value: Buffer | undefined;
  /** The row is new: removing it before it is committed leaves nothing to do. */
  readonly isNew: boolean;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

export interface BatchDeps {
  readonly environment: Environment;
  readonly durability: Durability;
  /** A commit failed: what is in memory is to be made again from what is on disk, with another batch. */
  readonly onFailed: (error: StoreError) => void;
  /** A flush to the disk failed; it is tried again. */
  readonly onFlushFailed: (error: StoreError) => void;
  /** Told before a commit, to add what is written once for many changes. */
  readonly onCommit: () => void;
  readonly clock?: Pick<Clock, 'monotonic' | 'after'>;
}

/**
 * The writes of one turn of the event loop, committed together when it ends. Whoever reads looks here first: `get` for
 * one row, `settle` before a range. The promises of `done` are kept in the order of the calls, after the commit, or
 * after the flush to the disk when durability is `fsync`.
 */
export class Batch {
  readonly #deps: BatchDeps;
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  #writes = new Map<TableName, Map<string, Write>>();
  #waiting: Waiting[] = [];
  #bytes = 0;
  #turn: NodeJS.Immediate | undefined;
  /** Ends the pause after a commit. */
  #pause: (() => void) | undefined;
  /** Milliseconds; when the last commit ended, how long it took, and how many promises it kept. */
  #last = { endedAt: 0, took: 0, kept: 0 };
  /** Committed and not yet flushed, at `fsync`. */
  #unflushed: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #isDirty = false;
  #closed: StoreError | undefined;

  constructor(deps: BatchDeps) {
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
  }

  /** @param isNew no row has this key. */
  put(table: TableName, key: Buffer, value: Buffer, isNew = false): void {
    const writes = this.#writesOf(table);
    const name = key.toString('latin1');
    const before = writes.get(name);
    writes.set(name, { key, value, isNew: before === undefined ? isNew : before.isNew && before.value !== undefined });
    this.#bytes += value.length;
    this.#schedule();
  }

  remove(table: TableName, key: Buffer): void {
    const writes = this.#writesOf(table);
    const name = key.toString('latin1');
    const before = writes.get(name);
    if (before?.isNew === true) writes.delete(name);
    else writes.set(name, { key, value: undefined, isNew: false });
    this.#schedule();
  }

  /** The row as the last call left it; undefined when there is none. */
  get(table: TableName, key: Buffer): Buffer | undefined {
    const writes = this.#writes.get(table);
    const write = writes === undefined || writes.size === 0 ? undefined : writes.get(key.toString('latin1'));
    return write === undefined ? this.#deps.environment.get(table, key) : write.value;
  }

  /** Kept when all writes up to now survive what they are to survive. @param result what the promise gives then. */
  done<T>(result: T): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#isSafe) return Promise.resolve(result); // as most of what a clean session asks for at its end
    const promise = new Promise<T>((resolve, reject) => {
      this.#waiting.push({ resolve: () => resolve(result), reject });
    });
    if (this.#bytes > maxBytes) this.commitNow();
    else this.#schedule();
    return promise;
  }

  /** Makes a range of a table readable on disk: commits if something in it waits. @param to not included */
  settle(table: TableName, from: Buffer, to: Buffer): void {
    for (const { key } of this.#writes.get(table)?.values() ?? [])
      if (Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0) {
        this.commitNow();
        return;
      }
  }

  /** Commits what waits. */
  commitNow(): void {
    if (this.#waiting.length > 0 || this.#writes.size > 0) this.#deps.onCommit();
    this.#unschedule();
    if (this.#waiting.length === 0 && this.#writes.size === 0) return;
    const writes = this.#writes;
    const waiting = this.#waiting;
    this.#writes = new Map();
    this.#waiting = [];
    this.#bytes = 0;
    const startedAt = this.#clock.monotonic();
    try {
      if (writes.size > 0) this.#commit(writes);
      const endedAt = this.#clock.monotonic();
      this.#last = { endedAt, took: endedAt - startedAt, kept: waiting.length };
    } catch (cause) {
      this.#failed(cause, waiting);
      return;
    }
    if (this.#deps.durability === 'commit') for (const { resolve } of waiting) resolve();
    else {
      this.#unflushed.push(...waiting);
      this.flush();
    }
  }

  /** Flushes to the disk in the background; a second call meanwhile flushes again when the first is through. */
  flush(): void {
    if (this.#flushing !== undefined || !this.#isDirty) return;
    const flushed = this.#unflushed;
    this.#unflushed = [];
    this.#isDirty = false;
    this.#flushing = this.#deps.environment
      .sync()
      .then(
        () => flushed.forEach(({ resolve }) => resolve()),
        (cause: unknown) => {
          this.#isDirty = true;
          const error = unavailable(cause);
          this.#deps.onFlushFailed(error);
          for (const { reject } of flushed) reject(error);
        },
      )
      .finally(() => {
        this.#flushing = undefined;
        if (this.#unflushed.length > 0) this.flush();
      });
  }

  /** Commits and flushes; later writes are refused. */
  async close(): Promise<void> {
    this.commitNow();
    this.#closed ??= new StoreError('store-unavailable', 'the store is closed');
    while (this.#flushing !== undefined || this.#isDirty) {
      this.flush();
      await this.#flushing;
      if (this.#isDirty && this.#unflushed.length === 0) return; // the disk does not take it
    }
  }

  /** Nothing was written that is not where it is to be. */
  get #isSafe(): boolean {
    if (this.#writes.size > 0 || this.#waiting.length > 0) return false;
    return this.#deps.durability === 'commit' || (!this.#isDirty && this.#flushing === undefined);
  }

  #writesOf(table: TableName): Map<string, Write> {
    if (this.#closed !== undefined) throw this.#closed;
    let writes = this.#writes.get(table);
    if (writes === undefined) this.#writes.set(table, (writes = new Map()));
    return writes;
  }

  #schedule(): void {
    if (this.#turn !== undefined || this.#pause !== undefined) return;
    const { endedAt, took, kept } = this.#last;
    const restMs = kept < crowd ? 0 : endedAt + took - this.#clock.monotonic();
    if (restMs <= 0) this.#turn = setImmediate(() => this.commitNow());
    else this.#pause = this.#clock.after(Math.min(restMs, maxPauseMs), () => this.commitNow());
  }

  #unschedule(): void {
    clearImmediate(this.#turn);
    this.#pause?.();
    this.#turn = undefined;
    this.#pause = undefined;
  }

  #commit(tables: ReadonlyMap<TableName, ReadonlyMap<string, Write>>): void {
    this.#deps.environment.transaction((put, remove) => {
      for (const [table, writes] of tables)
        for (const { key, value } of writes.values()) {
          if (value === undefined) remove(table, key);
          else put(table, key, value);
        }
    });
    this.#isDirty = true;
  }

  #failed(cause: unknown, waiting: readonly Waiting[]): void {
    const error = isFull(cause) ? full(cause) : unavailable(cause);
    this.#closed = error; // whoever is in the middle of a change must not go on here
    this.#deps.onFailed(error);
    for (const { reject } of waiting) reject(error);
  }
}

/** LMDB reports a short write, which is what a full disk does to it, as an input/output error (5). */
function isFull(cause: unknown): boolean {
  if (systemCode(cause) === 'ENOSPC') return true;
  if (!(cause instanceof Error)) return false;
  const code = 'code' in cause ? cause.code : undefined;
  return (
    code === 28 || code === 122 || code === 5 || code === -30_792 || /MDB_MAP_FULL|No space left/.test(cause.message)
  );
}

const full = (cause: unknown): StoreError =>
  new StoreError(
    'store-full',
    'the disk of store.directory is full; nothing that was acknowledged is lost, and new messages are refused until there is room',
    { cause },
  );

const unavailable = (cause: unknown): StoreError =>
  new StoreError('store-unavailable', `the store cannot write: ${messageOf(cause)}`, { cause });
