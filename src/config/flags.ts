import type { z } from 'zod';
import { didYouMean } from './closest.ts';
import { describe } from './describe.ts';
import type { Overlays } from './env.ts';
import type { Overlay } from './overlay.ts';
import { type ConfigPath, formatPath, parsePath } from './path.ts';
import type { Problem } from './problems.ts';
import { childOf } from './shape.ts';
import { valueOfText } from './values.ts';

/** The settings of `--set path=value`, in the order given: a later one wins. */
export function readFlags(flags: readonly string[], schema: z.ZodType): Overlays {
  const overlays: Overlay[] = [];
  const problems: Problem[] = [];
  for (const flag of flags) {
    const equals = flag.indexOf('=');
    const name = equals === -1 ? flag : flag.slice(0, equals);
    const from = `--set ${name}`;
    if (equals === -1) {
      problems.push({ from, path: '', message: 'write --set path=value, e.g. --set log.level=debug' });
      continue;
    }
    const path = parsePath(name);
    const target = path === undefined ? undefined : schemaAt(schema, path);
    if (path === undefined || target === undefined) {
      const position = /\d+/.exec(name)?.[0] ?? '0';
      const known = describe(schema).map((field) => field.path.replace('[]', `[${position}]`));
      problems.push({ from, path: '', message: `no setting has this path${didYouMean(name, known)}` });
      continue;
    }
    const read = valueOfText(flag.slice(equals + 1), target);
    if ('error' in read) problems.push({ from, path: formatPath(path), message: read.error });
    else overlays.push({ path, value: read.value, from });
  }
  return { overlays, problems };
}

/** The schema of the field at a path, or undefined where there is none. */
export function schemaAt(root: z.ZodType, path: ConfigPath): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root;
  for (const step of path) schema = schema === undefined ? undefined : childOf(schema, step);
  return schema;
}
