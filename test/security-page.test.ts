import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describe } from '../src/config/describe.ts';
import { withLimitsTable } from '../src/config/limits.ts';
import { configSchema } from '../src/config/schema.ts';
import { parseBytes } from '../src/kernel/bytes.ts';

const root = join(import.meta.dirname, '..');
const page = await readFile(join(root, 'docs/security.md'), 'utf8');
const fields = describe(configSchema);

test('docs/security.md has the table of limits that `npm run docs` makes', () => {
  expect(page).toBe(withLimitsTable(page));
});

test('every figure beside a setting in the prose of docs/security.md is its default', () => {
  const comparable = (value: string): string => String(parseBytes(value.replaceAll(' ', '')) ?? value);
  const figures = [...page.matchAll(/`([a-zA-Z]+(?:\[\])?(?:\.[a-zA-Z]+)+)` \(([^)]+)\)/g)];
  for (const [, path = '', figure = ''] of figures) {
    const field = fields.find((candidate) => candidate.path === path);
    expect(field, `${path} is no setting`).toBeDefined();
    expect(comparable(figure), path).toBe(comparable(String(field?.default)));
  }
  expect(figures.length).toBeGreaterThanOrEqual(10);
});

test('every metric that a limit names is a counter or a gauge of the program', async () => {
  const sources = (await readdir(join(root, 'src'), { recursive: true })).filter((name) => name.endsWith('.ts'));
  const code = (await Promise.all(sources.map((name) => readFile(join(root, 'src', name), 'utf8')))).join('\n');
  for (const { path, limit } of fields) {
    const name = limit?.metric?.replace(/\{.*/, '');
    if (name === undefined) continue;
    const isDefined = code.includes(`counter: '${name}'`) || new RegExp(`gauge\\(\\s*'${name}'`).test(code);
    expect(isDefined, `${path} names ${name}`).toBe(true);
  }
});

test('README and SECURITY.md lead to docs/security.md', async () => {
  for (const name of ['README.md', 'SECURITY.md'])
    expect(await readFile(join(root, name), 'utf8'), name).toContain('(docs/security.md)');
});
