import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeProblem, supportProblem } from './node-version.ts';

test.each(['0.12.18', '12.22.12', '18.20.8', '20.0.0', '20.18.9'])('Node %s is told in one sentence', (running) => {
  expect(nodeProblem(running)).toMatch(new RegExp(`^viaduct needs Node 20\\.19 or later; this is Node ${running}\\.`));
});

test.each(['20.19.0', '20.20.2', '22.0.0', '24.12.0', '100.0.0'])('Node %s is taken', (running) => {
  expect(nodeProblem(running)).toBeUndefined();
});

test('the limit is the one of package.json', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const [, oldest] = /^>=([\d.]+)$/.exec(manifest.engines.node) ?? [];
  expect(nodeProblem(`${oldest}.0`)).toBeUndefined();
  const [major = 0, minor = 0] = (oldest ?? '').split('.').map(Number);
  expect(nodeProblem(`${major}.${minor - 1}.0`)).toBeDefined();
});

test.each([
  ['20.20.2', '2026-05-01', '2026-04-30'],
  ['25.9.0', '2026-11-28', '2026-06-01'],
])('Node %s on %s has been out of support, which is told with the day', (running, today, end) => {
  expect(supportProblem(running, new Date(`${today}T12:00:00Z`))).toMatch(
    new RegExp(`^Node ${running} has had no security fixes since ${end}, `),
  );
});

test.each([
  ['20.20.2', '2026-04-30'],
  ['26.12.1', '2026-11-28'],
  ['40.0.0', '2036-11-28'],
])('Node %s on %s is not told anything', (running, today) => {
  expect(supportProblem(running, new Date(`${today}T12:00:00Z`))).toBeUndefined();
});
