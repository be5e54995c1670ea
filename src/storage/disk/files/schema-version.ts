import { StoreError } from '../../../kernel/errors.ts';
import { RecordReader, RecordWriter } from './bytes.ts';
import { damaged } from './damaged.ts';
import { type Environment, tableNames } from './environment.ts';

/** Rises with every change of the tables or their records that an older version of the program would misread. */
export const schemaVersion = 1;

/** Turns a store of one version into one of the next, within one transaction of its own. */
export type Upgrade = (environment: Environment) => void;

/** `upgrades.get(3)` turns version 3 into version 4. */
const upgrades: ReadonlyMap<number, Upgrade> = new Map();

const versionKey = Buffer.from('version');

/** 0 for a store that is empty. */
function versionOf(environment: Environment): number {
  const record = environment.get('meta', versionKey);
  return record === undefined ? 0 : new RecordReader(record, 'the version').u32();
}

/** @returns the version. @throws StoreError store-newer, store-damaged */
export function requireReadable(environment: Environment, current = schemaVersion): number {
  const found = versionOf(environment);
  if (found > current)
    throw new StoreError(
      'store-newer',
      `the store has version ${found}, and this program reads up to version ${current}; use the newer program, or another store.directory`,
      { details: { found, supported: current } },
    );
  if (found === 0 && !isEmpty(environment))
    throw damaged('the store is not complete: an import into it was cut off, so import again into an empty folder');
  return found;
}

/** @throws StoreError store-newer, store-damaged */
export function bringUpToDate(environment: Environment, steps = upgrades, current = schemaVersion): void {
  const found = requireReadable(environment, current);
  if (found === current) return;
  for (let version = found === 0 ? current : found; version < current; version += 1) steps.get(version)?.(environment);
  environment.transaction((put) => put('meta', ...versionRow(current)));
}

/** The row of `meta` without which a store that holds something is not complete. */
export const versionRow = (version: number): readonly [key: Buffer, value: Buffer] => [
  versionKey,
  new RecordWriter().u32(version).end(),
];

/** Whether no table but `meta` has a row. */
export const isEmpty = (environment: Environment): boolean =>
  tableNames.every((name) => name === 'meta' || environment.isEmpty(name));
