import type { Limit, ReloadKind } from '../kernel/schema.ts';
import type { LoadedConfig, ValueOrigin } from './compose.ts';
import { formatPath, parsePath, startsWith } from './path.ts';
import { printed } from './redact.ts';
import { metaOf } from './shape.ts';

/** One setting: what it is, where that comes from, what it does. */
export interface ExplainedField {
  readonly path: string;
  /** In one line; secrets are `***`. */
  readonly value: string;
  /** `default`, `viaduct.yaml:3:11`, `VIADUCT_LOG_LEVEL` or `--set log.level`. */
  readonly origin: string;
  readonly description: string;
  readonly reload: ReloadKind;
  /** Of a setting that bounds work or memory. */
  readonly limit?: Limit;
}

export function formatOrigin(origin: ValueOrigin): string {
  if (origin.kind === 'default') return 'default';
  return origin.kind === 'file' ? `${origin.file}:${origin.line}:${origin.column}` : origin.from;
}

/** Every setting at or below a path, in the order of the reference page. @param below left out: all of them. */
export function explainConfig(loaded: LoadedConfig, below?: string): ExplainedField[] {
  const prefix = below === undefined ? [] : parsePath(below);
  if (prefix === undefined) return [];
  return loaded.leaves
    .filter(({ path }) => startsWith(path, prefix))
    .map(({ path, schema, value, isSecret }) => {
      const name = formatPath(path);
      const { description = '', reload = 'process', limit } = metaOf(schema);
      const origin = formatOrigin(loaded.origins.get(name) ?? { kind: 'default' });
      const field = { path: name, value: printed(value, isSecret && value !== undefined), origin, description, reload };
      return limit === undefined ? field : { ...field, limit };
    });
}
