import type { LogFields } from '../kernel/telemetry-ports.ts';

/** What a counter is called and what it is counted by. */
export interface CounterDefinition {
  /** Without prefix, ends in `_total`. */
  readonly counter: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export type LabelValues = Readonly<Record<string, string>>;

/** Label sets of one counter; what comes beyond is counted together. */
const maxSets = 200;
const maxValueLength = 64;
const overflow = 'other';

interface LabelSet {
  readonly values: readonly string[];
  count: number;
}

/** One counter with its labels. Counting is a lookup and an addition. */
export class Tally {
  readonly definition: CounterDefinition;
  readonly #sets = new Map<string, LabelSet>();

  constructor(definition: CounterDefinition) {
    this.definition = definition;
    if (definition.labels.length === 0) this.#set([]); // shown as 0 from the start
  }

  increment(fields: LogFields): void {
    const { labels } = this.definition;
    let key = '';
    for (const label of labels) key = joined(key, textOf(fields[label]));
    const set = this.#sets.get(key) ?? this.#set(labels.map((label) => textOf(fields[label])));
    set.count += 1;
  }

  /** Sum over the label sets that have these values; over all without. */
  count(labels: LabelValues = {}): number {
    let sum = 0;
    for (const [values, count] of this.sets())
      if (Object.entries(labels).every(([label, value]) => values[label] === value)) sum += count;
    return sum;
  }

  *sets(): Generator<[LabelValues, number], void> {
    const { labels } = this.definition;
    for (const { values, count } of this.#sets.values())
      yield [Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ''])), count];
  }

  /** Of values that are not known yet. */
  #set(values: readonly string[]): LabelSet {
    const isFull = this.#sets.size >= maxSets || values.some(({ length }) => length > maxValueLength);
    return isFull ? this.#add(values.map(() => overflow)) : this.#add(values);
  }

  #add(values: readonly string[]): LabelSet {
    const key = values.reduce(joined, '');
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const set = { values, count: 0 };
    this.#sets.set(key, set);
    return set;
  }
}

const textOf = (value: LogFields[string]): string => String(value ?? '');

/** Tells apart values that together have the same letters. */
const joined = (key: string, value: string): string => `${key}${value.length}:${value}`;
