import { StoreError } from '../../kernel/errors.ts';
import { RecordReader, RecordWriter } from './bytes.ts';
import type { Environment } from './environment.ts';

/** Rises with every change of the tables or their records that an older version of the program would misread. */
export const schemaVersion = 1;

/** Turns a store of one version into one of the next, within one transaction of its own. */
export type Upgrade = (environment: Environment) => void;

/** `upgrades.get(3)` turns version 3 into version 4. */
const upgrades: ReadonlyMap<number, Upgrade> = new Map();

const versionKey = Buffer.from('version');

/** 0 for a store that is empty. */
export function versionOf(environment: Environment): number {
  const record = environment.get('meta', versionKey);
  return record === undefined ? 0 : new RecordReader(record, 'the version').u32();
}

/** @throws StoreError store-newer, store-damaged */
export function bringUpToDate(environment: Environment, steps = upgrades, current = schemaVersion): void {
  const found = versionOf(environment);
  if (found > current)
    throw new StoreError(
      'store-newer',
      `the store has version ${found}, and this program reads up to version ${current}; use the newer program, or another store.directory`,
      { details: { found, supported: current } },
    );
  if (found === current) return;
  for (let version = found === 0 ? current : found; version < current; version += 1) steps.get(version)?.(environment);
  environment.transaction((put) => put('meta', versionKey, new RecordWriter().u32(current).end()));
}
