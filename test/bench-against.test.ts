import { describe, expect, test } from 'vitest';
import { createAuthorizer } from '../src/auth/rules/authorizer.ts';
import { accessSchema } from '../src/auth/schema.ts';
import { authorizedClient } from './support/authorized-client.ts';

interface Pair {
  readonly before: number;
  readonly now: number;
}

interface PairResult {
  readonly ratio: number;
  readonly verdict: string;
}

interface Against {
  readonly pairResult: (row: object, pairs: readonly Pair[], faults: readonly object[]) => PairResult;
  readonly formatPairs: (results: readonly PairResult[]) => string;
  readonly commitNamed: (root: string, name: string) => string | undefined;
}

interface Row {
  readonly name: string;
}

interface OptionsModule {
  readonly parseOptions: (
    args: readonly string[],
    rows: readonly Row[],
  ) => {
    readonly problem?: string;
    readonly runs?: number;
    readonly isFull?: boolean;
    readonly against?: string;
    readonly rules?: number;
  };
}

const load = <T>(name: string): Promise<T> => import(new URL(`../bench/${name}`, import.meta.url).href) as Promise<T>;
const [{ pairResult, formatPairs, commitNamed }, { parseOptions }, { rows }, { storageRows }, { rulesOf }] =
  await Promise.all([
    load<Against>('against.mjs'),
    load<OptionsModule>('options.mjs'),
    load<{ readonly rows: readonly Row[] }>('rows.mjs'),
    load<{ readonly storageRows: readonly Row[] }>('storage-rows.mjs'),
    load<{ readonly rulesOf: (count: number) => readonly object[] }>('rules.mjs'),
  ]);
const all = [...rows, ...storageRows];

const row = { name: 'fan-out', title: 'a row', load: { mode: 'pubsub' } };
const pairsOf = (...ratios: readonly number[]): Pair[] =>
  ratios.map((ratio, index) => ({ before: 10 + index, now: (10 + index) * ratio }));

describe('what a change costs', () => {
  test.each([
    [[1.01, 1.2, 1.05, 1.02, 1.1, 1.03, 1.04], 'dearer in every pair', 1.04],
    [[0.99, 0.9, 0.5, 0.98, 0.97, 0.96, 0.95], 'cheaper in every pair', 0.96],
    [[1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 0.99], 'no difference shown', 1.3],
  ])('is said only where all pairs agree: %j', (ratios, verdict, ratio) => {
    const result = pairResult(row, pairsOf(...ratios), []);
    expect(result.verdict).toBe(verdict);
    expect(result.ratio).toBeCloseTo(ratio);
  });

  test('is not said where messages were lost', () => {
    const fault = { broker: 'now', run: 1, text: '3 messages lost' };
    expect(pairResult(row, pairsOf(1.1, 1.1), [fault]).verdict).toBe('faulty');
  });

  test('is shown in one line a row, with the pairs that are furthest apart', () => {
    const [head, line] = formatPairs([pairResult(row, pairsOf(1.1, 0.9, 1.05), [])]).split('\n');
    expect(head).toMatch(/^row +unit +before +now +ratio +of the pairs +verdict$/);
    expect(line).toMatch(/^fan-out +us\/message +11\.0 +\S+ +1\.05 +0\.90 to 1\.10 +no difference shown$/);
  });
});

test('--against measures seven pairs of the rows that are named, or of all but those of storage', () => {
  expect(parseOptions(['--against', 'HEAD'], all)).toMatchObject({ against: 'HEAD', runs: 7, isFull: false, rows });
  expect(parseOptions(['--against', 'HEAD', '--row', 'idle'], all)).toMatchObject({ rows: [{ name: 'idle' }] });
  for (const args of [['--storage'], ['--row', 'store-drain']])
    expect(parseOptions(['--against', 'HEAD', ...args], all).problem).toMatch(/measure no rows of storage/);
});

test('--rules measures this version with so many rules beside itself without, in seven pairs', () => {
  expect(parseOptions(['--rules', '1000', '--row', 'idle'], all)).toMatchObject({
    rules: 1_000,
    runs: 7,
    isFull: false,
  });
  expect(parseOptions(['--rules', '1000', '--against', 'HEAD'], all).problem).toMatch(/give one of them/);
  expect(parseOptions(['--rules', '1000', '--storage'], all).problem).toMatch(/no rows of storage/);
  for (const count of ['1', '0', '-2', 'x', '100000'])
    expect(parseOptions([`--rules=${count}`], all).problem).toMatch(/give a number from 2 to 99999/);
});

test('the rules of --rules are rules, as many as are asked for, and allow what the rows do', () => {
  const rules = rulesOf(1_000);
  expect(rules).toHaveLength(1_000);
  const authorizer = createAuthorizer(accessSchema.parse({ rules }));
  const client = authorizedClient({ user: 'anonymous', clientId: 'bench' });
  expect(authorizer.publish(client, { topic: 'bench/1', qos: 0, isRetained: false })).toBeUndefined();
  expect(authorizer.subscribe(client, 'bench/+', 0)).toBeUndefined();
  expect(authorizer.receive).toBeDefined(); // so that each delivery asks
});

test('a commit that is not there is none', () => {
  const root = new URL('..', import.meta.url).pathname;
  expect(commitNamed(root, 'no-such-commit-anywhere')).toBeUndefined();
  expect(commitNamed(root, 'HEAD')).toMatch(/^[0-9a-f]{40}$/);
});
