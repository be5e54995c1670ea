import { expect, test } from 'vitest';
import { evidence } from './attack/evidence.ts';
import { parseAttackOptions } from './attack/options.ts';
import type { PairReport } from './attack/pair.ts';
import { listeningProcess, processFacts, starvedMs, watchMemory } from './attack/process.ts';
import type { Scenario } from './attack/scenario.ts';
import { scenarios } from './attack/scenarios/all.ts';
import { formatOutcomes, isOnlySlow, judge, type Outcome } from './attack/verdict.ts';

const scenario = (name: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  title: `the attack ${name}`,
  memoryMiB: 100,
  seconds: { short: 1, full: 2 },
  run: async () => [],
  ...more,
});

const some = [
  scenario('flood-1'),
  scenario('flood-20'),
  scenario('origin', { isOurs: true }),
  scenario('heavy', { notShort: 'it takes minutes' }),
];

const namesOf = (...args: string[]): string[] => {
  const options = parseAttackOptions(args, some);
  if (!('scenarios' in options)) throw new Error(JSON.stringify(options));
  return options.scenarios.map(({ name }) => name);
};

const pairOf = (more: Partial<PairReport> = {}): PairReport => ({
  sent: 400,
  arrived: 400,
  lost: 0,
  worstMs: 40,
  worstNetMs: 30,
  faults: [],
  moments: [],
  ...more,
});

const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  name: 'flood-1',
  title: 'the attack flood-1',
  sentBytes: 3_145_728,
  sentPackets: 1_000,
  seconds: 2,
  pair: pairOf(),
  peakBytes: 90 * 1_048_576,
  maxPeakBytes: 100 * 1_048_576,
  cpuSeconds: 1.25,
  faults: [],
  ...more,
});

test('without options every scenario is played in full against this build', () => {
  expect(namesOf()).toEqual(['flood-1', 'flood-20', 'origin', 'heavy']);
  expect(parseAttackOptions([], some)).toMatchObject({ form: 'full', brokerPort: undefined, json: undefined });
});

test('the short form leaves out what is not for it, unless it is named', () => {
  expect(namesOf('--short')).toEqual(['flood-1', 'flood-20', 'origin']);
  expect(namesOf('--short', '--only', 'heavy')).toEqual(['heavy']);
});

test('--only chooses by name or by its beginning, and may be given again', () => {
  expect(namesOf('--only', 'flood-20')).toEqual(['flood-20']);
  expect(namesOf('--only', 'flood*', '--only', 'origin')).toEqual(['flood-1', 'flood-20', 'origin']);
});

test('a broker of others is attacked only with what needs nothing of ours', () => {
  expect(namesOf('--broker', '127.0.0.1:1883')).toEqual(['flood-1', 'flood-20', 'heavy']);
  expect(parseAttackOptions(['--broker', 'localhost:1883'], some)).toMatchObject({ brokerPort: 1_883 });
});

test.each([
  [['--broker', '192.0.2.1:1883'], /127\.0\.0\.1:PORT; brokers on other machines are not attacked/],
  [['--broker', 'broker.example:1883'], /brokers on other machines are not attacked/],
  [['--broker', '127.0.0.1:0'], /127\.0\.0\.1:PORT/],
  [['--broker', '127.0.0.1:65536'], /127\.0\.0\.1:PORT/],
  [['--broker', '127.0.0.1:1883', '--bin', 'x.js'], /use one of them/],
  [['--short', '--long'], /use one of them/],
  [['--minutes', '5'], /--minutes needs --long/],
  [['--long', '--minutes', '0'], /--minutes 0: use 1 to 600/],
  [['--only', 'flod-1'], /--only flod-1: there is no such scenario; --list names them/],
  [['--hard'], /--hard/],
])('refuses the command line %j with what is allowed', (args, problem) => {
  expect(parseAttackOptions(args, some)).toEqual({ problem: expect.stringMatching(problem) });
});

test('a broker that holds has no problems', () => {
  expect(judge(outcome())).toEqual([]);
});

test('what counts is the wait without the time in which the machine gave no processor', () => {
  const pair = pairOf({ worstMs: 2_000, worstNetMs: 249 });
  expect(judge(outcome({ pair }))).toEqual([]);
  expect(judge(outcome({ pair: { ...pair, worstNetMs: 250 } }))).toEqual(['others waited 250 ms; the limit is 250 ms']);
});

test('a lost message, too much memory, and what a scenario found are problems', () => {
  const pair = pairOf({ lost: 1, faults: ['the subscriber of the pair was disconnected'] });
  expect(judge(outcome({ pair, peakBytes: 101 * 1_048_576, faults: ['delivered twice'] }))).toEqual([
    'delivered twice',
    'the subscriber of the pair was disconnected',
    '1 of 400 messages of others were lost',
    'the process took 101 MiB of memory; the limit is 100 MiB',
  ]);
});

test('others keep at least 80 % of their rate', () => {
  expect(judge(outcome({ pair: pairOf({ arrived: 320 }) }))).toEqual([]);
  const slow = outcome({ pair: pairOf({ arrived: 319 }) });
  expect(judge(slow)).toEqual(['others kept 79 % of their rate; the limit is 80 %']);
});

test('what is only slow may be looked at again; what held, or lost a message, is not', () => {
  expect(isOnlySlow(outcome({ pair: pairOf({ arrived: 300 }) }))).toBe(true);
  expect(isOnlySlow(outcome({ pair: pairOf({ worstNetMs: 300 }) }))).toBe(true);
  expect(isOnlySlow(outcome())).toBe(false);
  expect(isOnlySlow(outcome({ pair: pairOf({ worstNetMs: 300, lost: 1 }) }))).toBe(false);
});

test('of the log of a broker that failed, what counts is about the pair, around the moment, or last', () => {
  const at = (second: number, message: string): string =>
    JSON.stringify({ time: new Date(second * 1_000).toISOString(), message });
  const flood = Array.from({ length: 100 }, (_, second) => at(second, 'a limit'));
  const log = [at(0, 'pair-publisher was closed'), ...flood, '    at stack (file.ts)'].join('\n');
  const second = (line: string): number => Date.parse((JSON.parse(line) as { time: string }).time) / 1_000;
  const lines = evidence(log, [50_000]);
  expect(lines[0]).toContain('pair-publisher was closed');
  expect(lines.at(-1)).toBe('    at stack (file.ts)');
  expect(lines.slice(1, -1).map(second)).toEqual([47, 48, 49, 50, 51, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
  expect(evidence('', [50_000])).toEqual([]);
});

test('a pair that sent nothing has measured nothing, and that is a problem', () => {
  const pair = pairOf({ sent: 0, arrived: 0 });
  expect(judge(outcome({ pair }))).toEqual(['the pair sent nothing, so that nothing was measured']);
});

test('memory that the system does not tell is no problem, and is shown as unknown', () => {
  const unknown = outcome({ peakBytes: undefined, cpuSeconds: undefined });
  expect(judge(unknown)).toEqual([]);
  expect(formatOutcomes([unknown])).toMatch(/^flood-1 .* \? .* \? +held$/m);
});

test('the table has a line for each scenario, and says below it what failed', () => {
  const failed = outcome({
    name: 'x',
    pair: pairOf({ sent: 9, arrived: 7, lost: 2, worstMs: 812.4, worstNetMs: 790 }),
  });
  const lines = formatOutcomes([outcome(), failed]).split('\n');
  expect(lines[0]).toMatch(/^scenario +sent +worst wait +net +rate +lost +peak +limit +CPU +verdict$/);
  expect(lines[1]).toMatch(/^flood-1 +3\.0 MiB +40 ms +30 ms +100 % +0 +90 MiB +100 MiB +1\.3 s +held$/);
  expect(lines[2]).toMatch(/^x +3\.0 MiB +812 ms +790 ms +77 % +2 .* FAILED$/);
  expect(lines.slice(-3)).toEqual([
    'FAILED x: others waited 790 ms; the limit is 250 ms',
    'FAILED x: others kept 77 % of their rate; the limit is 80 %',
    'FAILED x: 2 of 9 messages of others were lost',
  ]);
});

test('scenarios of the suite have different names, a title, and end in time', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  for (const { name, title, seconds, memoryMiB } of scenarios) {
    expect(name).toMatch(/^[a-z0-9-]+$/);
    expect(title.length, name).toBeGreaterThan(10);
    expect(seconds.short, name).toBeLessThanOrEqual(60);
    expect(seconds.full, name).toBeLessThanOrEqual(300);
    expect(memoryMiB, name).toBeGreaterThan(0);
  }
});

test('the system tells the memory and processor time of this process, and not of one that is gone', () => {
  const facts = processFacts(process.pid);
  expect(facts.ownBytes).toBeGreaterThan(10_000_000);
  using memory = watchMemory(process.pid);
  expect(memory.peakBytes).toBeGreaterThan(10_000_000);
  expect(facts.cpuSeconds).toBeGreaterThan(0);
  expect(starvedMs(process.pid)).toBeGreaterThanOrEqual(0);
  expect(processFacts(2 ** 30)).toEqual({ ownBytes: undefined, cpuSeconds: undefined });
  expect(starvedMs(2 ** 30)).toBe(0);
  expect(listeningProcess(1)).toBeUndefined();
});
