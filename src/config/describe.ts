import type { z } from 'zod';
import type { Limit, ReloadKind } from '../kernel/schema.ts';
import { environmentPrefix } from './names.ts';
import { defaultOf, isOptional, metaOf, shapeOf, typeOf } from './shape.ts';

/** One setting, as its schema tells it. */
export interface Field {
  /** Lists are marked `[]`: `listeners[].bind`. */
  readonly path: string;
  /** The first step of the path; the reference has one table for each. */
  readonly section: string;
  /** `<n>` stands for the position in a list, from 0. Two names for a secret, by file and by variable. */
  readonly environment: readonly string[];
  readonly type: string;
  /** As a person would write it; undefined where there is none. */
  readonly default: unknown;
  readonly isRequired: boolean;
  readonly description: string;
  readonly reload: ReloadKind;
  readonly isSecret: boolean;
  /** Of a setting that bounds work or memory. */
  readonly limit?: Limit;
}

/** All settings below a schema, in the order in which modules declare them. */
export function describe(schema: z.ZodType, steps: readonly string[] = [], isSecretAbove = false): Field[] {
  const shape = shapeOf(schema);
  const isSecret = isSecretAbove || metaOf(schema).secret === true;
  if (shape.kind === 'object')
    return [...shape.fields].flatMap(([name, field]) => describe(field, [...steps, name], isSecret));
  const own = fieldOf(schema, steps, isSecret);
  if (shape.kind !== 'list' || shapeOf(shape.element).kind !== 'object') return [own];
  return [own, ...describe(shape.element, [...steps, '[]'], isSecret)];
}

function fieldOf(schema: z.ZodType, steps: readonly string[], isSecret: boolean): Field {
  const meta = metaOf(schema);
  const name = environmentPrefix + steps.map((step) => (step === '[]' ? '<n>' : step.toUpperCase())).join('_');
  const shape = shapeOf(schema);
  const alternatives = shape.kind === 'choice' ? shape.options.flatMap(fieldNamesOf) : [];
  return {
    path: steps.join('.').replaceAll('.[]', '[]'),
    section: steps[0] ?? '',
    environment: alternatives.length > 0 ? alternatives.map((last) => `${name}_${last.toUpperCase()}`) : [name],
    type: typeOf(schema),
    default: defaultOf(schema),
    isRequired: !isOptional(schema),
    description: meta.description ?? '',
    reload: meta.reload ?? 'process',
    isSecret,
    ...(meta.limit === undefined ? {} : { limit: meta.limit }),
  };
}

function fieldNamesOf(schema: z.ZodType): string[] {
  const shape = shapeOf(schema);
  return shape.kind === 'object' ? [...shape.fields.keys()] : [];
}
