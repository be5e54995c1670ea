import type { z } from 'zod';
import { didYouMean } from './closest.ts';
import { describe } from './describe.ts';
import { environmentPrefix, isServiceLink, otherVariables } from './names.ts';
import type { Overlay } from './overlay.ts';
import { type ConfigPath, formatPath } from './path.ts';
import type { Problem } from './problems.ts';
import { childOf, shapeOf } from './shape.ts';
import { valueOfText } from './values.ts';

/** Environment variables; unset ones are undefined. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** The environment of this process. Read here and nowhere else, so that everything below can be given another. */
export const processEnvironment = (): EnvironmentVariables => process.env;

export interface Overlays {
  readonly overlays: readonly Overlay[];
  readonly problems: readonly Problem[];
}

/**
 * The settings among the variables: `VIADUCT_` and the path upper-cased, steps joined by `_`, list positions from 0
 * (`VIADUCT_LISTENERS_0_BIND`). An empty variable counts as unset. Wider paths come before narrower ones.
 */
export function readEnvironment(env: EnvironmentVariables, schema: z.ZodType): Overlays {
  const overlays: Overlay[] = [];
  const problems: Problem[] = [];
  for (const [name, text] of Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith(environmentPrefix) || text === undefined || text === '') continue;
    if (otherVariables.has(name) || isServiceLink(name)) continue;
    const found = fieldOf(name, schema);
    if (found === undefined) {
      const advice = didYouMean(name, namesLike(name, schema));
      problems.push({ from: name, path: '', message: `no setting has this name${advice}` });
      continue;
    }
    const read = valueOfText(text, found.schema);
    if ('error' in read) problems.push({ from: name, path: formatPath(found.path), message: read.error });
    else overlays.push({ path: found.path, value: read.value, from: name });
  }
  return { overlays: overlays.toSorted((a, b) => a.path.length - b.path.length), problems };
}

function fieldOf(name: string, root: z.ZodType): { path: ConfigPath; schema: z.ZodType } | undefined {
  const path: (string | number)[] = [];
  let schema = root;
  for (const part of name.slice(environmentPrefix.length).split('_')) {
    const step = /^\d+$/.test(part) ? Number(part) : fieldNames(schema).find((field) => field.toUpperCase() === part);
    const next = step === undefined ? undefined : childOf(schema, step);
    if (step === undefined || next === undefined) return undefined;
    path.push(step);
    schema = next;
  }
  return { path, schema };
}

function fieldNames(schema: z.ZodType): string[] {
  const shape = shapeOf(schema);
  if (shape.kind === 'object') return [...shape.fields.keys()];
  return shape.kind === 'choice' ? shape.options.flatMap(fieldNames) : [];
}

/** All names of variables, list positions taken from the mistyped one. */
function namesLike(name: string, schema: z.ZodType): string[] {
  const position = /_(\d+)(_|$)/.exec(name)?.[1] ?? '0';
  return describe(schema).flatMap((field) => field.environment.map((known) => known.replaceAll('<n>', position)));
}
