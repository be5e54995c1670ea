import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** A file or folder of the repository, and names that stand in it: `src/a/b.ts` `one` `other`. */
const mention = /`((?:src|test|scripts|docs|bench|examples)\/[\w./-]+|vitest\.config\.ts)`((?:\s`[A-Za-z]\w*`)*)/g;

describe.each(['ARCHITECTURE.md', 'CONTRIBUTING.md'])('%s', (page) => {
  const text = read(page);
  const mentions = [...text.matchAll(mention)].map(([, path = '', names = '']) => ({
    path,
    names: [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  }));

  test('names only files and functions that there are', () => {
    expect(mentions.length).toBeGreaterThan(10);
    for (const { path, names } of mentions) {
      expect(existsSync(join(root, path)), path).toBe(true);
      if (statSync(join(root, path)).isDirectory()) continue;
      const code = read(path);
      for (const name of names) expect(code, `${name} in ${path}`).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });

  test('names only commands that there are', () => {
    for (const [, name = ''] of text.matchAll(/`npm run ([\w:]+)/g)) expect(scripts, page).toHaveProperty([name]);
  });
});
