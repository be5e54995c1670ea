import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineCosts, unmeasured } from './growth/engine-costs.ts';
import { type GrowthCase, rowOf } from './growth/growth.ts';
import { planeCosts } from './growth/plane-costs.ts';
import { storeCosts } from './growth/store-costs.ts';

const read = (path: string): Promise<string> => readFile(join(import.meta.dirname, '..', path), 'utf8');
type Row = Omit<GrowthCase<never>, 'run'>;

/** Names of what everybody may call. @param head how its declaration begins */
function methodsOf(source: string, head: string): string[] {
  const from = source.indexOf(head);
  const body = source.slice(from, source.indexOf('\n}', from));
  const names = [...body.matchAll(/^ {2}(?:get )?(\w+)\(/gm)].map(([, name = '']) => name);
  return names.filter((name) => name !== 'constructor');
}

async function declared(path: string, ...heads: readonly string[]): Promise<string[]> {
  const source = await read(path);
  return heads.flatMap((head) => methodsOf(source, head));
}

const component = await declared('src/kernel/lifecycle.ts', 'interface Component {');
const engineRows: readonly Row[] = [...engineCosts, ...unmeasured];
const lists: readonly (readonly [name: string, methods: readonly string[], rows: readonly Row[]])[] = [
  [
    'Store',
    [...(await declared('src/broker/store-port.ts', 'interface Store extends Component {')), ...component],
    storeCosts,
  ],
  ['Plane', await declared('src/plane/plane.ts', 'class Plane {'), planeCosts],
  [
    'Engine, EngineConnection, EdgePort and Publisher',
    [
      ...(await declared(
        'src/broker/engine-port.ts',
        'interface Engine extends Component {',
        'interface EngineConnection {',
        'interface EdgePort {',
      )),
      ...(await declared('src/broker/publish/publisher.ts', 'interface Publisher {')),
      ...component,
    ],
    engineRows,
  ],
];

test.each(lists)('every method of %s has a cost', (_name, methods, rows) => {
  expect(methods.length).toBeGreaterThan(5);
  expect([...new Set(rows.map(({ method }) => method))].toSorted()).toEqual([...new Set(methods)].toSorted());
});

test.each(lists)('docs/reference/costs.md has the costs of %s as they are measured', async (_name, _methods, rows) => {
  const page = await read('docs/reference/costs.md');
  const table = ['| Method | Work | n | Cost |', '| --- | --- | --- | --- |', ...rows.map(rowOf)].join('\n');
  expect(page).toContain(`${table}\n`);
});
