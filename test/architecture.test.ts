import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { circlesOf, type SourceFile, violationsOf } from './support/architecture.ts';
import { doubledExports, factoriesInTwoCalls, unusedValues } from './support/exports.ts';
import { packagesLoadedBy } from './support/start-imports.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const sources: SourceFile[] = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => ({
    path: `src/${name.split(sep).join('/')}`,
    text: readFileSync(join(root, 'src', name), 'utf8'),
  }));

test('every file keeps to the layers, the size and the export rules of the style guide', () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.flatMap(violationsOf)).toEqual([]);
});

/** Values that only tests import, each with its reason. */
const exportedForTests = [
  /^src\/(bridge|transport)\/schema\.ts: (bridgeRule|listener)Schema$/, // with it they make the settings of one rule, of one listener
  /^src\/cli\/examples\.ts: (examples|commandOf)$/, // each line is given to the program
  /^src\/config\/security\//, // tables that are held against every setting there is
];

test('a value is exported for somebody else in the program or in scripts, and not for tests alone', () => {
  const scripts = readdirSync(join(root, 'scripts'))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => ({ path: `scripts/${name}`, text: readFileSync(join(root, 'scripts', name), 'utf8') }));
  const unused = unusedValues(sources, scripts);
  expect(unused.filter((one) => !exportedForTests.some((allowed) => allowed.test(one)))).toEqual([]);
  expect(exportedForTests.filter((allowed) => !unused.some((one) => allowed.test(one)))).toEqual([]);
});

test('of what is exported, types may be there for the reader alone, and a script counts as somebody', () => {
  const file = { path: 'src/a/a.ts', text: 'export const d = 1;\nexport type E = 1;\nexport const f = 1, g = 1;\n' };
  const user = { path: 'src/a/b.ts', text: "import { f } from './a.ts';\n" };
  const script = { path: 'scripts/s.mjs', text: "import { g } from '../dist/a/a.js';\n" };
  expect(unusedValues([file, user], [script])).toEqual(['src/a/a.ts: d']);
});

test('a factory takes options and deps in one call', () => {
  expect(factoriesInTwoCalls(sources)).toEqual([]);
});

test.each([
  ['export const createA =\n  (options: O) =>\n  (deps: D): A =>\n    new A(options, deps);\n', true],
  ['export function createA(options: O): (deps: D) => A {\n  return (deps) => new A(options, deps);\n}\n', true],
  ['export const createA =\n  (o: O) =>\n  ({ clock }: ADeps): A => {\n    return a;\n  };\n', true],
  ['export const aRoutes = (o: O) => ({ events }: { readonly events: Events }): A => a;\n', true],
  ['export const createA = (options: O, { clock }: ADeps): A => new A(options, clock);\n', false],
  ['export function createA(options: O, deps: D): A {\n  return (request) => ask(request, deps);\n}\n', false],
])('%j takes them in two: %s', (text, isFound) => {
  expect(factoriesInTwoCalls([{ path: 'src/a.ts', text }]).length === 1).toBe(isFound);
});

test('neither files nor rooms import each other in a circle', () => {
  expect(circlesOf(sources)).toEqual([]);
});

test.each([
  [
    'two files',
    ['src/plane/a.ts > src/plane/b.ts', 'src/plane/b.ts > src/plane/a.ts'],
    'src/plane/a.ts, src/plane/b.ts',
  ],
  ['two rooms', ['src/pki/x/a.ts > src/pki/y/b.ts', 'src/pki/y/c.ts > src/pki/x/d.ts'], 'src/pki: x, y'],
  ['a room and a file', ['src/pki/x/a.ts > src/pki/b.ts', 'src/pki/b.ts > src/pki/x/d.ts'], 'src/pki: b.ts, x'],
])('a circle of %s is found', (_, arrows, circle) => {
  const files = arrows.map((arrow) => {
    const [from = '', to = ''] = arrow.split(' > ');
    return { path: from, text: `import type { A } from './${posix.relative(posix.dirname(from), to)}';\n` };
  });
  expect(circlesOf(files)).toContainEqual(`${circle} import each other`);
});

test('a name is exported once, so that it means one thing wherever it is read', () => {
  expect(doubledExports(sources)).toEqual([]);
});

test('a name that two files export is found, be it a type or a value', () => {
  const files = [
    { path: 'src/a.ts', text: 'export interface Lane {}\nexport const lane = 1;\nexport class Once {}\n' },
    { path: 'src/b.ts', text: 'export type Lane = string;\nexport function lane() {}\nclass Once {}\n' },
  ];
  expect(doubledExports(files)).toEqual(['Lane: src/a.ts, src/b.ts', 'lane: src/a.ts, src/b.ts']);
});

test('no file of the kernel imports one of another folder', () => {
  const kernel = sources.filter(({ path }) => path.startsWith('src/kernel/'));
  expect(kernel.length).toBeGreaterThan(0);
  for (const { text } of kernel) expect(text).not.toMatch(/from '\.\.\//);
});

test('the broker starts without the libraries that only other commands, stores and settings need', () => {
  const loaded = packagesLoadedBy('src/cli/serve.ts', sources);
  expect([...loaded]).toEqual(expect.arrayContaining(['aedes', 'lmdb', 'zod']));
  for (const name of ['@peculiar/x509', 'reflect-metadata', 'node-forge', 'mqtt', 'ioredis', 'aedes-persistence-redis'])
    expect(loaded, name).not.toContain(name);
});

test('a command starts without what the broker is made of', () => {
  const loaded = packagesLoadedBy('src/cli/run.ts', sources); // what bin.ts loads once Node is new enough
  expect([...loaded]).toContain('commander');
  for (const name of ['aedes', 'lmdb', 'ws', '@nats-io/transport-node']) expect(loaded, name).not.toContain(name);
});

test.each([
  ['src/auth/a.ts', /stand side by side/, "import { b } from '../bridge/b.ts';\n"],
  ['src/mqtt/a.ts', /stand side by side/, "import { b } from '../pki/b.ts';\n"],
  ['src/plane/a.ts', /"broker" stands above "plane"/, "import type { B } from '../broker/b.ts';\n"],
  ['src/kernel/a.ts', /"mqtt" stands above "kernel"/, "export { b } from '../mqtt/b.ts';\n"],
  ['src/broker/a.ts', /config\/ is for app and cli/, "import { b } from '../config/load.ts';\n"],
  ['src/config/a.ts', /takes types, schemas and named checks/, "import { b } from '../bridge/bridge.ts';\n"],
  ['src/app/a.ts', /runs in a browser/, "import { b } from '../admin/web/b.ts';\n"],
  ['src/admin/web/a.ts', /only types are allowed/, "import { b } from '../assets.ts';\n"],
  ['src/admin/web/a.ts', /only types of src\/admin/, "import type { B } from '../../broker/ports.ts';\n"],
  ['src/kernel/shell-word.ts', /would come into the page/, "import { b } from './errors.ts';\n"],
  ['src/admin/web/a.ts', /does not exist in a browser/, "import { readFile } from 'node:fs/promises';\n"],
  ['src/broker/a.ts', /"aedes" is imported in src\/broker\/aedes only/, "import { Aedes } from 'aedes';\n"],
  ['src/bridge/a.ts', /"mqtt" is imported in src\/cli and/, "import {\n  a,\n  b,\n} from 'mqtt';\n"],
  ['src/app/a.ts', /"pino" is imported in src\/telemetry only/, "const { pino } = await import('pino');\n"],
  ['src/app/a.ts', /"yaml" is imported in src\/config only/, "createRequire(import.meta.url)('yaml');\n"],
  ['src/bridge/a.ts', /"zod" is imported in schema files/, "import { z } from 'zod';\n"],
  ['src/app/a.ts', /"left-pad" has no place yet/, "import 'left-pad';\n"],
  ['src/app/a.ts', /does not end in \.ts/, "import { b } from './b.js';\n"],
  ['src/app/a.ts', /default export/, 'export default 1;\n'],
  ['src/app/a.ts', /process\.env/, 'const a = process.env.HOME;\n'],
  ['src/app/a.ts', /a clock or a timer of its own/, 'const at = Date.now();\n'],
  ['src/app/a.ts', /a clock or a timer of its own/, 'const timer = setTimeout(() => undefined, 5);\n'],
  ['src/app/a.ts', /301 lines/, '\n'.repeat(301)],
  ['src/utils/a.ts', /"utils" is no folder of the layout/, ''],
])('%s breaks the rule %s', (path, rule, text) => {
  expect(violationsOf({ path, text })).toEqual([expect.stringMatching(rule)]);
});

test.each([
  ['src/bin.ts', "import { main } from './cli/main.ts';\n"],
  ['src/cli/serve.ts', "import { createApp } from '../app/create-app.ts';\nimport { Command } from 'commander';\n"],
  ['src/app/a.ts', "import { b } from '../bridge/b.ts';\nimport { c } from '../config/load.ts';\n"],
  ['src/config/schema.ts', "import { z } from 'zod';\nimport { a } from '../bridge/nats/schema.ts';\n"],
  [
    'src/config/a.ts',
    "import { a } from '../bridge/mapping/check-rules.ts';\nimport type { B } from '../bridge/nats/b.ts';\n",
  ],
  ['src/broker/aedes/engine.ts', "import { Aedes } from 'aedes';\nimport { a } from '../../mqtt/a.ts';\n"],
  ['src/admin/web/a.ts', "import mqtt from 'mqtt';\nimport type { B } from '../broker-info.ts';\n"],
  ['src/app/a.ts', "/** Not `process.env`: see `import('pino')`. */\n  // export default\n"],
])('%s with %j breaks none', (path, text) => {
  expect(violationsOf({ path, text })).toEqual([]);
});
