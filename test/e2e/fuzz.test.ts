import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeCase } from '../fuzz/cases.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { parseFuzzOptions } from '../fuzz/options.ts';
import { formatFailures } from '../fuzz/report.ts';
import { repository } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const bin = join(repository, 'dist', 'bin.js');
const short = {
  from: 0,
  cases: 2 ** 31,
  concurrency: 12,
  hotPath: 'on',
  store: 'disk',
  access: 'open',
  say: () => undefined,
} as const;

describe('npm run fuzz', () => {
  // mostly they wait for memory to come back, which both can do at one time
  test.concurrent.each([
    ['an open broker', 'open', 6],
    ['one with passwords and rules', 'guarded', 4],
  ] as const)('finds neither crash nor loss nor leak in a short run against %s', async (_name, access, seconds) => {
    const report = await fuzz({ ...short, access, bin, seed: 1, seconds });
    expect(report.failures).toEqual([]);
    expect(report.campaign.cases).toBeGreaterThan(100);
    for (const [kind, count] of Object.entries(report.campaign.byKind)) expect(count, kind).toBeGreaterThan(0);
    for (const { name, published, received } of report.pairs) {
      expect(published, name).toBeGreaterThan(50);
      expect(received, name).toBe(published);
    }
  });

  test('finds a broker that crashes, and says how to see it again', async () => {
    await using directory = await temporaryDirectory();
    const crashing = join(directory.path, 'bin.mjs');
    // the signal asks for a garbage collection: first before the cases, then in the middle of the run
    const plant = "let asked = 0; process.on('SIGUSR2', () => { if (++asked === 2) throw new Error('planted'); });";
    await writeFile(crashing, `${plant}\nawait import(${JSON.stringify(pathToFileURL(bin).href)});\n`);
    const report = await fuzz({ ...short, bin: crashing, seed: 4, seconds: 2 });
    const text = formatFailures(report);
    expect(text).toMatch(/FAILED: the broker ended with exit code [1-9]/);
    expect(text).toMatch(/FAILED: the broker wrote to standard error: [^]*planted/);
    expect(text).toMatch(/npm run fuzz -- --seed 4 --/);
  });

  test('a seed and a number make the same case every time, and others make another', () => {
    const digest = (seed: number, number: number): string => {
      const { steps, ...rest } = makeCase(seed, number);
      const hash = createHash('sha256').update(JSON.stringify(rest));
      for (const { bytes, waits } of steps) hash.update(`${bytes.length} ${waits} `).update(bytes);
      return hash.digest('hex');
    };
    const numbers = Array.from({ length: 300 }, (_, number) => number);
    const first = numbers.map((number) => digest(7, number));
    expect(numbers.map((number) => digest(7, number))).toEqual(first);
    expect(new Set([...first, ...numbers.map((number) => digest(8, number))]).size).toBe(600);
    expect(new Set(numbers.map((number) => makeCase(7, number).kind)).size).toBe(7);
  });

  test.each([
    [['--seed', '-1'], /--seed/],
    [['--seed', '4294967296'], /--seed 4294967296: use 0 to 4294967295/],
    [['--seconds', '0'], /--seconds 0: use 1 to 86400/],
    [['--hot-path', 'maybe'], /--hot-path maybe: use on or off/],
    [['--store', 'redis'], /--store redis: use disk or memory/],
    [['--access', 'closed'], /--access closed: use open or guarded/],
    [['--print'], /--print needs --case or --cases/],
    [['--fast'], /--fast/],
  ])('refuses the command line %j with what is allowed', (args, problem) => {
    expect(parseFuzzOptions(args, () => 0)).toMatchObject({ problem: expect.stringMatching(problem) });
  });

  test('plays one case alone when it is named', () => {
    expect(parseFuzzOptions(['--seed', '5', '--case', '9'], () => 0)).toMatchObject({ seed: 5, from: 9, cases: 1 });
    expect(parseFuzzOptions([], () => 77)).toMatchObject({ seed: 77, from: 0, seconds: 60 });
  });
});
