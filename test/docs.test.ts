import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildProgram } from '../src/cli/program.ts';
import { referencePages } from '../src/cli/reference.ts';
import { composeConfig } from '../src/config/compose.ts';
import { loadConfig } from '../src/config/load.ts';
import { formatProblems } from '../src/config/problems.ts';
import { fakeIo } from './support/fake-io.ts';

const root = join(import.meta.dirname, '..');

/** Problems of a configuration, as the user would see them; undefined when it is fine. */
function problemsOf(name: string, text: string): string | undefined {
  const composed = composeConfig({ file: { name, text }, env: {}, flags: [] });
  return composed.kind === 'refused' ? formatProblems(composed.problems, name) : undefined;
}

test.each([...referencePages(await buildProgram(fakeIo()))])(
  'docs/reference/%s is what `npm run docs` makes of the program',
  async (name, text) => {
    expect(await readFile(join(root, 'docs/reference', name), 'utf8')).toBe(text);
  },
);

const examples = (await readdir(join(root, 'examples'))).filter((name) => name.endsWith('.yaml'));

test.each(examples)('examples/%s passes config check', async (name) => {
  const env = { NATS_PASSWORD: 'any' };
  const loaded = await loadConfig({ file: join(root, 'examples', name), env, flags: [] });
  const problems = loaded.kind === 'refused' ? loaded.problems.map(({ message }) => message) : [];
  // what an example cannot bring along: a certificate of the reader's own server
  const reader = name === 'external-nats.yaml' ? ['./nats-ca.pem cannot be read: there is no such file'] : [];
  expect(problems).toEqual(reader);
});

test.each([...examples.map((name) => `examples/${name}`), 'docker/viaduct.yaml'])(
  '%s: devices can renew their certificates over https, which needs a listener that takes the old one',
  async (name) => {
    const text = await readFile(join(root, name), 'utf8');
    const composed = composeConfig({ file: { name, text }, env: { NATS_PASSWORD: 'any' }, flags: [] });
    if (composed.kind === 'refused') throw new Error(formatProblems(composed.problems, name));
    const renewing = composed.config.listeners.filter(
      ({ tls, accept }) => accept.includes('http') && (tls === 'two-way' || tls === 'two-way-optional'),
    );
    expect(renewing).not.toEqual([]);
  },
);

/** Pages whose ```yaml blocks are configurations, each complete by itself. */
const pages = ['README.md', ...(await markdownBelow('docs'))];

/** A block that is no configuration, or no complete one, begins with one of these. */
const isOther = (block: string): boolean => /^(services|apiVersion|# part of):?/.test(block);

async function markdownBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true });
  return entries.filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
}

const blocks = await Promise.all(
  pages.map(async (page) => {
    const text = await readFile(join(root, page), 'utf8').catch(() => '');
    const found = [...text.matchAll(/^```ya?ml\n(.*?)^```$/gms)].map(([, block = '']) => block);
    return found
      .filter((block) => !isOther(block))
      .map((block, index) => ({ place: `${page} block ${index + 1}`, block }));
  }),
);

test('every yaml block in README and docs passes config check', () => {
  for (const { place, block } of blocks.flat()) expect(problemsOf(place, block), place).toBeUndefined();
});
