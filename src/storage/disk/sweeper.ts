import type { Contents } from './contents.ts';
import type { Environment } from './files/environment.ts';
import { endOfQueue, firstKey, lastKey, type OwnerNumber, ownerIn, queueKey, sequenceIn } from './files/keys.ts';

/** Rows looked at with each step; a step takes a few milliseconds. */
const sweptRows = 500;
const orphanRows = 2_000;
const pageBytes = 4_194_304;

/** Removes what nobody needs any more, a little with each step: expired messages, and the queues of ended sessions. */
export class Sweeper {
  readonly #environment: Environment;
  readonly #contents: Contents;
  #from = firstKey;

  constructor(environment: Environment, contents: Contents) {
    this.#environment = environment;
    this.#contents = contents;
  }

  isOf(contents: Contents): boolean {
    return this.#contents === contents;
  }

  step(): void {
    this.#contents.batch.commitNow();
    this.#contents.retained.sweep(sweptRows);
    this.#sweepQueues();
    this.#sweepOrphans();
  }

  #sweepQueues(): void {
    const { owners, queues, batch } = this.#contents;
    const rows = this.#environment.rows('queue', {
      from: this.#from,
      to: lastKey,
      maxRows: sweptRows,
      maxBytes: pageBytes,
    });
    for (const { key, value } of rows) {
      const owner = owners.byNumber(ownerIn(key));
      if (owner !== undefined) queues.dropIfLapsed(owner, sequenceIn(key), value);
      else {
        batch.remove('queue', key); // of a session that ended before the last start
        batch.remove('sent', key);
      }
    }
    const last = rows.at(-1);
    this.#from = last === undefined ? firstKey : Buffer.concat([last.key, firstKey]);
  }

  #sweepOrphans(): void {
    const { orphans } = this.#contents.queues;
    let left = orphanRows;
    while (left > 0) {
      const owner = orphans.at(-1);
      if (owner === undefined) return;
      const removed = this.#removeRows(owner, left);
      if (removed < left) orphans.pop();
      left -= removed;
    }
  }

  #removeRows(owner: OwnerNumber, maxRows: number): number {
    const range = { from: queueKey(owner, 0), to: queueKey(owner, endOfQueue), maxRows };
    const keys = this.#environment.keys('queue', range);
    for (const key of keys) {
      this.#contents.batch.remove('queue', key);
      this.#contents.batch.remove('sent', key);
    }
    return keys.length;
  }
}
