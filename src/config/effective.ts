import type { z } from 'zod';
import { type ConfigPath, ownValue } from './path.ts';
import { defaultOf, metaOf, shapeOf } from './shape.ts';

/** One setting with the value it has, as a person would write it. */
export interface Leaf {
  readonly path: ConfigPath;
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly isSecret: boolean;
}

/** All settings with their values; what is not given has its default, and undefined where there is none. */
export function leavesOf(schema: z.ZodType, given: unknown, path: ConfigPath = [], isSecretAbove = false): Leaf[] {
  const value = given === undefined ? defaultOf(schema) : given;
  const isSecret = isSecretAbove || metaOf(schema).secret === true;
  const shape = shapeOf(schema);
  if (shape.kind === 'object') {
    return [...shape.fields].flatMap(([name, field]) =>
      leavesOf(field, ownValue(value, name), [...path, name], isSecret),
    );
  }
  if (shape.kind === 'list' && shapeOf(shape.element).kind === 'object' && Array.isArray(value) && value.length > 0)
    return value.flatMap((element, index) => leavesOf(shape.element, element, [...path, index], isSecret));
  return [{ path, schema, value, isSecret }];
}

/**
 * A mapping whose lines are all commented out reads as null; it counts as a mapping with nothing in it.
 * Returns a copy that may be changed.
 */
export const withEmptySections = (schema: z.ZodType, value: unknown): unknown => emptying(schema)(value);

/** The schema is looked at once, not for each of the ten thousand elements of a list. */
function emptying(schema: z.ZodType): (value: unknown) => unknown {
  const shape = shapeOf(schema);
  if (shape.kind === 'object') {
    const fields = new Map([...shape.fields].map(([name, field]) => [name, emptying(field)] as const));
    return (value) => {
      if (value === null) return {};
      if (typeof value !== 'object' || Array.isArray(value)) return value;
      const entries = Object.entries(value ?? {}).map(([name, inner]) => [name, fields.get(name)?.(inner) ?? inner]);
      return Object.fromEntries(entries);
    };
  }
  if (shape.kind !== 'list') return (value) => value;
  const element = emptying(shape.element);
  return (value) => (Array.isArray(value) ? value.map((one) => (one === null ? null : element(one))) : value);
}
