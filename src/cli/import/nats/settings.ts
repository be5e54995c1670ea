import { AppError } from '../../../kernel/errors.ts';
import type { ReadText } from '../imported.ts';
import { type ConfEntry, type ConfValue, parseConf } from './conf.ts';

const maxIncludes = 10;

/** The settings of a file, those of files that it includes in their places, and variables replaced where they are known. */
export async function readSettings(file: string, read: ReadText, depth = 0): Promise<readonly ConfEntry[]> {
  if (depth > maxIncludes) throw new AppError('usage', `${file}: include goes deeper than ${maxIncludes}`);
  const included = async (entries: readonly ConfEntry[]): Promise<ConfEntry[]> => {
    const all: ConfEntry[] = [];
    for (const entry of entries) {
      const { key, value } = entry;
      if (key === 'include' && value.kind === 'text') all.push(...(await readSettings(value.text, read, depth + 1)));
      else if (value.kind === 'map')
        all.push({ ...entry, value: { kind: 'map', entries: await included(value.entries) } });
      else all.push(entry);
    }
    return all;
  };
  const entries = await included(parseConf(file, await read(file)));
  return depth === 0 ? withVariables(entries, []) : entries;
}

type Scope = readonly (readonly ConfEntry[])[];

/** `$NAME` is the setting of that name, in the block or around it. A hash of bcrypt is none. */
function withVariables(entries: readonly ConfEntry[], around: Scope): ConfEntry[] {
  const scope = [entries, ...around];
  return entries.map((entry) => ({ ...entry, value: replaced(entry.value, scope, 0) }));
}

function replaced(value: ConfValue, scope: Scope, depth: number): ConfValue {
  if (value.kind === 'map') return { kind: 'map', entries: withVariables(value.entries, scope) };
  if (value.kind === 'list') return { kind: 'list', items: value.items.map((item) => replaced(item, scope, depth)) };
  if (value.isQuoted || !isVariable(value.text) || depth > maxIncludes) return value;
  const name = value.text.slice(1);
  const found = scope.flatMap((one) => one.filter(({ key }) => key === name)).at(0)?.value;
  return found === undefined ? value : replaced(found, scope, depth + 1);
}

const isVariable = (text: string): boolean => text.startsWith('$') && !/^\$2[aby]\$/.test(text);

/** A variable that stands nowhere: of the environment of nats-server, or missing. */
export const isUnknown = (value: ConfValue | undefined): boolean =>
  value?.kind === 'text' && !value.isQuoted && isVariable(value.text);

export const entriesOf = (value: ConfValue | undefined): readonly ConfEntry[] =>
  value?.kind === 'map' ? value.entries : [];

/** Names are compared without regard to case; the last one counts. */
export const valueAt = (entries: readonly ConfEntry[], ...names: readonly string[]): ConfValue | undefined =>
  entries.findLast(({ key }) => names.includes(key.toLowerCase()))?.value;

export const textAt = (entries: readonly ConfEntry[], ...names: readonly string[]): string | undefined => {
  const value = valueAt(entries, ...names);
  return value?.kind === 'text' && !isUnknown(value) ? value.text : undefined;
};
