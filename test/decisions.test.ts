import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const decisions = readdirSync(join(root, 'docs/decisions')).toSorted();

test('each decision has a number of its own, in its name and in its title, and keeps to 40 lines', () => {
  const numbers = decisions.map((name) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(decisions.map((_, index) => index + 1));
  for (const [index, name] of decisions.entries()) {
    const text = readFileSync(join(root, 'docs/decisions', name), 'utf8');
    expect(text, name).toMatch(new RegExp(`^# ${index + 1}\\. `));
    expect(text.trimEnd().split('\n').length, name).toBeLessThanOrEqual(40);
  }
});

test('every link from one document to a file leads there', () => {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const pages = [...readdirSync(root), ...['docs', 'bench', 'certs', 'examples'].flatMap(below)].filter((name) =>
    name.endsWith('.md'),
  );
  expect(pages.length).toBeGreaterThan(20);
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});
