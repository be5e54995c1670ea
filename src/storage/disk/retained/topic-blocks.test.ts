import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../../mqtt/topic.ts';
import { firstKey } from '../files/keys.ts';
import { rangeOf, topicIn, topicKey } from './retained-key.ts';
import { TopicBlocks } from './topic-blocks.ts';
import { queryOf } from './topic-signature.ts';

/** Topics in the order of their keys, searched the way the store does it. */
class Topics {
  readonly blocks: TopicBlocks;
  /** Keys that were looked at. */
  read = 0;
  #keys: Buffer[] = [];
  readonly #names = new Set<string>();

  constructor(maxBlocks?: number) {
    this.blocks = new TopicBlocks(maxBlocks);
  }

  add(...topics: readonly string[]): void {
    for (const topic of topics) {
      const key = topicKey(topic);
      const name = key.toString('latin1');
      if (this.#names.has(name)) continue;
      this.#names.add(name);
      this.#keys.push(key);
      this.blocks.added(key, topic);
    }
    this.#keys.sort((a, b) => Buffer.compare(a, b));
  }

  remove(...topics: readonly string[]): void {
    const names = new Set(topics.map((topic) => topicKey(topic).toString('latin1')));
    for (const name of names) this.#names.delete(name);
    this.#keys = this.#keys.filter((key) => !names.has(key.toString('latin1')));
  }

  matching(filter: string): string[] {
    return this.#keys.map((key) => topicIn(key) ?? '').filter((topic) => matches(filter, topic));
  }

  search(filter: string, page = 200): string[] {
    const query = queryOf(filter);
    if (query === undefined) return this.matching(filter);
    const found: string[] = [];
    let { from, to } = rangeOf(filter);
    for (;;) {
      const span = this.blocks.next(query, { from, to });
      if (span === undefined) return found;
      const keys = this.#keys.filter((key) => isIn(key, span)).slice(0, page);
      this.read += keys.length;
      const last = keys.at(-1);
      from = last === undefined || keys.length < page ? span.to : Buffer.concat([last, firstKey]);
      if (span.isNew) this.blocks.sign({ from: span.from, to: from }, keys);
      found.push(...keys.map((key) => topicIn(key) ?? '').filter((topic) => matches(filter, topic)));
    }
  }
}

const isIn = (key: Buffer, { from, to }: { readonly from: Buffer; readonly to: Buffer }): boolean =>
  Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0;

const name = fc.nat(30).map((number) => `${number % 3 === 0 ? 'dev-' : ''}${number}`);
const names = fc.array(name, { minLength: 1, maxLength: 3 }).map((levels) => levels.join('/'));
const filters = fc
  .tuple(fc.array(fc.oneof(name, fc.constant('+')), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'))
  .filter((filter) => /[+#]/.test(filter));
const change = fc.oneof(
  fc.record({ add: fc.array(names, { maxLength: 150 }) }),
  fc.record({ remove: fc.array(names, { maxLength: 50 }) }),
  fc.record({ search: filters, page: fc.integer({ min: 64, max: 300 }) }),
);

test('a search finds what matches, while topics come and go', () => {
  fc.assert(
    fc.property(fc.array(names, { minLength: 100, maxLength: 600 }), fc.array(change), (topics, changes) => {
      const held = new Topics();
      held.add(...topics);
      const wrong: string[] = [];
      for (const one of changes)
        if ('add' in one) held.add(...one.add);
        else if ('remove' in one) held.remove(...one.remove);
        else if (held.search(one.search, one.page).join(' ') !== held.matching(one.search).join(' '))
          wrong.push(one.search);
      expect(wrong).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

const devices = (count: number, at = 0): string[] =>
  Array.from({ length: count }, (_, number) => `dev-${at + number}/x`);

test('the second search for what is not there reads nothing, and one for a rare topic little', () => {
  const held = new Topics();
  held.add(...devices(2_000));
  expect([held.search('+/y'), held.read]).toEqual([[], 2_000]);
  held.add('dev-1234/rare');
  expect([held.search('+/z'), held.read]).toEqual([[], 2_000]);
  expect(held.search('+/rare')).toEqual(['dev-1234/rare']);
  expect(held.read).toBeLessThanOrEqual(2_300);
});

test('blocks that many topics joined are looked at again', () => {
  const held = new Topics();
  held.add(...devices(500));
  held.search('+/y');
  const { size } = held.blocks;
  held.add(...devices(1_000, 500));
  held.search('+/y');
  expect(held.blocks.size).toBeGreaterThan(size);
  held.read = 0;
  expect(held.search('+/y')).toEqual([]);
  expect(held.read).toBeLessThan(64); // what is left over is too little for a block
});

test('no more blocks are made than allowed', () => {
  const held = new Topics(4);
  held.add(...devices(2_000));
  held.search('+/y');
  expect(held.blocks.size).toBeLessThanOrEqual(4 + 2);
  expect(held.search('+/x').length).toBe(2_000);
});
