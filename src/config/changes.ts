import type { z } from 'zod';
import type { ReloadKind } from '../kernel/schema.ts';
import type { LoadedConfig, RefusedConfig } from './compose.ts';
import { type ConfigPath, formatPath, ownValue } from './path.ts';
import { configSchema } from './schema.ts';
import { childOf, defaultOf, metaOf, shapeOf } from './shape.ts';

/** One setting that differs between two configurations. */
export interface Change {
  /** `limits.packetSize`; entries of lists by their name: `listeners[wss].bind`, and `listeners[wss]` for one that is new or gone. */
  readonly path: string;
  readonly kind: 'changed' | 'added' | 'removed';
  readonly reload: ReloadKind;
}

/** What differs, in the order of the reference page. Entries that have names are the same wherever they stand in their list. */
export function changesOf(before: LoadedConfig, after: LoadedConfig): Change[] {
  const old = settingsOf(before);
  const now = settingsOf(after);
  const changes = new Map<string, Change>();
  for (const path of new Set([...now.keys(), ...old.keys()])) {
    const [was, is] = [old.get(path), now.get(path)];
    const setting = is ?? was;
    if (setting === undefined || was?.text === is?.text) continue;
    const { entry, reload, entryReload } = setting;
    const isWhole = entry !== undefined && (old.has(`${entry}.name`) ? !now.has(`${entry}.name`) : true);
    if (!isWhole) changes.set(path, { path, kind: 'changed', reload });
    else changes.set(entry, { path: entry, kind: is === undefined ? 'removed' : 'added', reload: entryReload });
  }
  return [...changes.values()];
}

/**
 * The configuration that can run now: the next one, but for settings that need a restart, which stay as they are.
 * Refused where what is left of the two does not fit together.
 */
export const withoutRestart = (running: LoadedConfig, next: LoadedConfig): LoadedConfig | RefusedConfig =>
  next.withValue(merged(configSchema, running.value, next.value));

interface Setting {
  readonly text: string | undefined;
  readonly reload: ReloadKind;
  /** The entry of a list with names that it belongs to. */
  readonly entry: string | undefined;
  /** How the list takes an entry that is new or gone. */
  readonly entryReload: ReloadKind;
}

function settingsOf({ leaves }: LoadedConfig): Map<string, Setting> {
  const names = new Map(
    leaves.flatMap(({ path, value }) => (isEntryName(path) ? [[formatPath(path.slice(0, -1)), String(value)]] : [])),
  ) as ReadonlyMap<string, string>;
  return new Map(
    leaves.map(({ path, schema, value }) => {
      const place = path.findIndex((step) => typeof step === 'number');
      const name = place === -1 ? undefined : names.get(formatPath(path.slice(0, place + 1)));
      const list = path.slice(0, place);
      const entry = name === undefined ? undefined : `${formatPath(list)}[${name}]`;
      const rest = formatPath(path.slice(place + 1));
      const setting = {
        text: JSON.stringify(value),
        reload: reloadOf(schema),
        entry,
        entryReload: entry === undefined ? 'process' : reloadOf(schemaAt(list)),
      } as const;
      return [entry === undefined ? formatPath(path) : `${entry}.${rest}`, setting];
    }),
  );
}

const isEntryName = (path: ConfigPath): boolean => path.at(-1) === 'name' && typeof path.at(-2) === 'number';

const reloadOf = (schema: z.ZodType | undefined): ReloadKind => (schema && metaOf(schema).reload) ?? 'process';

const schemaAt = (path: ConfigPath): z.ZodType | undefined =>
  path.reduce<z.ZodType | undefined>((schema, step) => schema && childOf(schema, step), configSchema);

function merged(schema: z.ZodType, before: unknown, after: unknown): unknown {
  const shape = shapeOf(schema);
  if (shape.kind === 'object') {
    const entries = [...shape.fields].flatMap(([name, field]) => {
      const value = merged(field, ownValue(before, name), ownValue(after, name));
      return value === undefined ? [] : [[name, value] as const];
    });
    if (entries.length > 0) return Object.fromEntries(entries);
    return reloadOf(schema) === 'process' ? before : after; // an empty mapping may mean something, as `nats.tls` does
  }
  if (reloadOf(schema) === 'process') return before;
  if (shape.kind !== 'list' || !Array.isArray(after)) return after;
  const entries: unknown = before === undefined ? defaultOf(schema) : before;
  const named = new Map(Array.isArray(entries) ? entries.map((entry) => [ownValue(entry, 'name'), entry]) : []);
  return after.map((entry: unknown) => {
    const name = ownValue(entry, 'name');
    return name !== undefined && named.has(name) ? merged(shape.element, named.get(name), entry) : entry;
  });
}
