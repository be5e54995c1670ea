import type { Batch } from '../files/batch.ts';
import { RecordReader, RecordWriter } from '../files/bytes.ts';
import type { Environment } from '../files/environment.ts';

/** Numbers taken from the disk at once; those that are left when the process ends are never used. */
const ownerBlock = 1_000;
const sequenceBlock = 1_000_000;

const ownersKey = Buffer.from('next-owner');
const sequencesKey = Buffer.from('next-sequence');

/** Numbers that are never given twice, over all runs: of owners, and of queued messages in the order of their calls. */
export class Numbers {
  readonly #batch: Batch;
  #owner: number;
  #ownerEnd: number;
  #sequence: number;
  #sequenceEnd: number;

  constructor(environment: Environment, batch: Batch) {
    this.#batch = batch;
    this.#owner = this.#ownerEnd = read(environment, ownersKey);
    this.#sequence = this.#sequenceEnd = read(environment, sequencesKey);
  }

  /** Above those of all messages that were queued. */
  get sequence(): number {
    return this.#sequence;
  }

  nextOwner(): number {
    if (this.#owner === this.#ownerEnd) {
      this.#ownerEnd += ownerBlock;
      this.#batch.put('meta', ownersKey, new RecordWriter().u48(this.#ownerEnd).end());
    }
    this.#owner += 1;
    return this.#owner - 1;
  }

  nextSequence(): number {
    if (this.#sequence === this.#sequenceEnd) {
      this.#sequenceEnd += sequenceBlock;
      this.#batch.put('meta', sequencesKey, new RecordWriter().u48(this.#sequenceEnd).end());
    }
    this.#sequence += 1;
    return this.#sequence - 1;
  }
}

/** The numbers of a store that is not in use: above all that were given. */
export const numbersIn = (environment: Environment): { readonly owner: number; readonly sequence: number } => ({
  owner: read(environment, ownersKey),
  sequence: read(environment, sequencesKey),
});

/** Rows of `meta` that say which numbers come next. */
export const numberRows = (owner: number, sequence: number): readonly (readonly [key: Buffer, value: Buffer])[] => [
  [ownersKey, new RecordWriter().u48(owner).end()],
  [sequencesKey, new RecordWriter().u48(sequence).end()],
];

const read = (environment: Environment, key: Buffer): number => {
  const record = environment.get('meta', key);
  return record === undefined ? 1 : new RecordReader(record, 'a counter').u48();
};
