import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeProblem } from './node-version.ts';

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
