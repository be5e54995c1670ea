import type { Clock } from '../../kernel/clock.ts';
import { StoreError } from '../../kernel/errors.ts';
import { Fifo } from '../../kernel/fifo.ts';
import {
  type Argument,
  asList,
  asNumber,
  type Operation,
  type Reply,
  type RoundTrip,
  sizeOf,
  type Totals,
} from './round-trip.ts';

export interface PipeOptions {
  readonly operationTimeoutMs: number;
  readonly maxPendingWrites: number;
  readonly maxPendingBytes: number;
}

export interface PipeDeps {
  readonly clock: Clock;
  readonly onTotals: (totals: Totals) => void;
  readonly onRefused: (reason: 'deadline' | 'too-many' | 'redis' | 'closed') => void;
}

/** Runs a batch. @param executeBy by the monotonic clock; later Redis refuses it. @throws what ioredis throws */
export type RunBatch = (batch: RoundTrip, executeBy: number) => Promise<Reply>;

/** Redis runs a batch without a pause, so one may not take long. */
const maxBatchOperations = 256;
const maxBatchBytes = 1_048_576;

/**
 * Operations on their way to Redis, in the order of the calls. One batch is under way at a time, and what comes
 * meanwhile goes with the next: a batch grows with the load, and a read sees every write that was called before it.
 *
 * An operation that waits longer than the deadline is refused. It is not sent any more in the last quarter before it,
 * and Redis refuses a batch that arrives in the last sixteenth, so what was refused is not done later.
 */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #deps: PipeDeps;
  #waiting = new Fifo<Operation>();
  #pendingBytes = 0;
  #batch: RoundTrip | undefined;
  #run: RunBatch | undefined;
  #lastNumber = 0;
  #isUnderWay = false;
  #isScheduled = false;
  #isClosed = false;
  #cancelTimer: (() => void) | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: PipeOptions, deps: PipeDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @returns what Redis answered. @throws StoreError store-unavailable | store-full; then nothing of it was done */
  submit(name: string, ...args: readonly Argument[]): Promise<Reply> {
    return this.write(name, args, (reply) => reply);
  }

  /**
   * The same for a write, whose promise is kept in the turn of the answer: promises of writes are kept in the order of
   * the calls only where none of them goes through more steps than another.
   *
   * @param done makes the result out of the answer; what it throws is thrown
   * @param refused is told when the operation was refused
   */
  write<T>(name: string, args: readonly Argument[], done: (reply: Reply) => T, refused?: () => void): Promise<T> {
    const result = new Promise<T>((settle, fail) => {
      const bytes = sizeOf(args);
      const deadline = this.#deps.clock.monotonic() + this.#options.operationTimeoutMs;
      const resolve = (reply: Reply): void => {
        try {
          settle(done(reply));
        } catch (error) {
          fail(error);
        }
      };
      const reject = (error: Error): void => {
        refused?.();
        fail(error);
      };
      const operation: Operation = { name, args, bytes, deadline, resolve, reject, isRefused: false };
      if (this.#isClosed) this.#refuse(operation, 'closed', 'the session store is closed');
      else if (this.#isFull(bytes)) this.#refuse(operation, 'too-many', this.#fullMessage());
      else this.#push(operation);
    });
    result.catch(() => undefined); // whoever does not wait for it does not end the process
    return result;
  }

  /** Redis can be reached from now on: what waits is sent, beginning with the batch whose answer was lost. */
  connected(run: RunBatch): void {
    this.#run = run;
    this.#schedule();
  }

  /** An answer that is still to come counts as lost. */
  disconnected(): void {
    this.#run = undefined;
    this.#isUnderWay = false;
  }

  /** Takes nothing more. @returns when all that waits is answered or refused */
  close(): Promise<void> {
    this.#isClosed = true;
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.#settle();
    });
  }

  get #pending(): number {
    return this.#waiting.length + (this.#batch?.operations.length ?? 0);
  }

  #isFull(bytes: number): boolean {
    const { maxPendingWrites, maxPendingBytes } = this.#options;
    return this.#pending >= maxPendingWrites || (this.#pending > 0 && this.#pendingBytes + bytes > maxPendingBytes);
  }

  #fullMessage(): string {
    return `${this.#pending} operations (${this.#pendingBytes} bytes) wait for Redis already; it is away or too slow, or raise store.redis.maxPendingWrites and maxPendingBytes`;
  }

  #push(operation: Operation): void {
    this.#waiting.push(operation);
    this.#pendingBytes += operation.bytes;
    this.#cancelTimer ??= this.#deps.clock.after(this.#options.operationTimeoutMs * 0.75, () => this.#expire());
    this.#schedule();
  }

  /** At the end of the turn, so that all calls of one turn travel together. */
  #schedule(): void {
    if (this.#isScheduled || this.#run === undefined) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const run = this.#run;
    if (this.#isUnderWay || run === undefined) return;
    this.#batch ??= this.#nextBatch();
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#isUnderWay = true;
    const [first] = batch.operations; // the one that has waited longest
    const executeBy = (first?.deadline ?? 0) - this.#options.operationTimeoutMs / 16;
    const isCurrent = (): boolean => this.#run === run && this.#batch === batch;
    run(batch, executeBy).then(
      (reply) => (isCurrent() ? this.#answered(batch, reply) : undefined),
      (cause: unknown) => (isCurrent() ? this.#failed(batch, cause) : undefined),
    );
  }

  #nextBatch(): RoundTrip | undefined {
    const operations: Operation[] = [];
    let bytes = 0;
    this.#refuseLate();
    while (operations.length < maxBatchOperations && bytes < maxBatchBytes) {
      const operation = this.#waiting.shift();
      if (operation === undefined) break;
      operations.push(operation);
      bytes += operation.bytes;
    }
    if (operations.length === 0) return undefined;
    this.#lastNumber += 1;
    return { number: this.#lastNumber, operations };
  }

  #answered({ operations }: RoundTrip, reply: Reply): void {
    const [results, queuedMessages, queuedBytes, retainedBytes, retainedMessages, sessions] = asList(reply);
    this.#deps.onTotals({
      queuedMessages: asNumber(queuedMessages),
      queuedBytes: asNumber(queuedBytes),
      retainedBytes: asNumber(retainedBytes),
      retainedMessages: asNumber(retainedMessages),
      sessions: asNumber(sessions),
    });
    const list = asList(results);
    this.#finish();
    if (this.#waiting.length > 0) this.#send(); // Redis works on the next while the results of this one are taken in
    for (const [index, operation] of operations.entries()) {
      const result = list[index] ?? null;
      if (operation.isRefused) continue;
      if (result instanceof Error) this.#refuseByRedis(operation, result);
      else operation.resolve(result);
    }
    this.#settle();
  }

  #failed(batch: RoundTrip, cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    if (error.name !== 'ReplyError') {
      this.#isUnderWay = false; // stays, to be sent again under its number
      this.#run = undefined; // until it is connected again
      return;
    }
    this.#finish();
    if (error.message.startsWith('LATE')) this.#putBack(batch.operations);
    else for (const operation of batch.operations) this.#refuseByRedis(operation, error);
    this.#settle();
  }

  #finish(): void {
    for (const { bytes } of this.#batch?.operations ?? []) this.#pendingBytes -= bytes;
    this.#batch = undefined;
    this.#isUnderWay = false;
  }

  /** Nothing of it was done: what has time left goes first in the next batch. */
  #putBack(operations: readonly Operation[]): void {
    const later = this.#waiting;
    this.#waiting = new Fifo();
    for (const operation of operations) {
      this.#waiting.push(operation);
      this.#pendingBytes += operation.bytes;
    }
    for (let one = later.shift(); one !== undefined; one = later.shift()) this.#waiting.push(one);
    this.#refuseLate();
  }

  #expire(): void {
    this.#cancelTimer = undefined;
    this.#refuseLate();
    const now = this.#deps.clock.monotonic();
    const underWay = this.#batch?.operations ?? [];
    for (const operation of underWay) if (operation.deadline <= now) this.#refuseUnanswered(operation);
    if (underWay.every(({ isRefused }) => isRefused)) this.#finish(); // nobody waits for it any more
    this.#settle();
    this.#arm();
  }

  #arm(): void {
    const next = Math.min(
      (this.#waiting.peek()?.deadline ?? Infinity) - this.#options.operationTimeoutMs / 4,
      this.#batch?.operations.find(({ isRefused }) => !isRefused)?.deadline ?? Infinity,
    );
    if (next === Infinity) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#deps.clock.after(Math.max(1, Math.ceil(next - this.#deps.clock.monotonic())), () =>
      this.#expire(),
    );
  }

  #refuseLate(): void {
    const sendBy = this.#deps.clock.monotonic() + this.#options.operationTimeoutMs / 4;
    for (let one = this.#waiting.peek(); one !== undefined && one.deadline <= sendBy; one = this.#waiting.peek()) {
      this.#waiting.shift();
      this.#pendingBytes -= one.bytes;
      this.#refuseUnanswered(one);
    }
  }

  #refuseUnanswered(operation: Operation): void {
    const seconds = this.#options.operationTimeoutMs / 1_000;
    this.#refuse(operation, 'deadline', `Redis did not answer within store.redis.operationTimeout (${seconds} s)`);
  }

  #refuse(operation: Operation, reason: 'deadline' | 'too-many' | 'closed', message: string): void {
    if (operation.isRefused) return;
    operation.isRefused = true;
    this.#deps.onRefused(reason);
    operation.reject(new StoreError('store-unavailable', message));
  }

  #refuseByRedis(operation: Operation, cause: Error): void {
    if (operation.isRefused) return;
    operation.isRefused = true;
    this.#deps.onRefused('redis');
    const isFull = cause.message.startsWith('OOM');
    const message = isFull
      ? 'Redis has reached its maxmemory and refuses to store more; raise it, or lower the limits of the store'
      : `Redis refused ${operation.name}: ${cause.message}`;
    operation.reject(new StoreError(isFull ? 'store-full' : 'store-unavailable', message, { cause }));
  }

  #settle(): void {
    if (this.#pending > 0) this.#schedule();
    else {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      this.#onIdle?.();
    }
  }
}
