import { z } from 'zod';
import { byteSize, duration, type FieldMeta, socketAddress } from '../kernel/schema.ts';

/** What stands behind a schema once optional, default and transform are taken off. */
export type Shape =
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, z.ZodType> }
  | { readonly kind: 'list'; readonly element: z.ZodType }
  | { readonly kind: 'choice'; readonly options: readonly z.ZodType[] }
  | { readonly kind: 'value'; readonly schema: z.ZodType };

/** zod types the parts of a schema by their core; all of ours are made with the classic API. */
function asType(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodType) return schema;
  throw new TypeError('not a schema of this zod');
}

/** Takes optional, default, prefault and pipes off: the schema of what a person writes. */
export function written(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault)
    return written(asType(schema.unwrap()));
  return schema instanceof z.ZodPipe ? written(asType(schema.in)) : schema;
}

export function shapeOf(schema: z.ZodType): Shape {
  const inner = written(schema);
  if (inner instanceof z.ZodObject)
    return {
      kind: 'object',
      fields: new Map(Object.entries(inner.shape).map(([name, field]) => [name, asType(field)])),
    };
  if (inner instanceof z.ZodArray) return { kind: 'list', element: asType(inner.element) };
  if (inner instanceof z.ZodUnion) return { kind: 'choice', options: inner.options.map(asType) };
  return { kind: 'value', schema: inner };
}

/** The default as a person would write it, or undefined. */
export function defaultOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault)
    return structuredClone(schema.def.defaultValue);
  return schema instanceof z.ZodOptional ? defaultOf(asType(schema.unwrap())) : undefined;
}

export const isOptional = (schema: z.ZodType): boolean => schema.safeParse(undefined).success;

export const metaOf = (schema: z.ZodType): { readonly [key in keyof FieldMeta]?: FieldMeta[key] | undefined } =>
  schema.meta() ?? {};

/** The schema of a field or element; for a choice, of the option that has it. Undefined where there is none. */
export function childOf(schema: z.ZodType, step: string | number): z.ZodType | undefined {
  const shape = shapeOf(schema);
  if (shape.kind === 'object') return shape.fields.get(String(step));
  if (shape.kind === 'list') return /^\d{1,6}$/.test(String(step)) ? shape.element : undefined;
  if (shape.kind === 'value') return undefined;
  for (const option of shape.options) {
    const child = childOf(option, step);
    if (child !== undefined) return child;
  }
  return undefined;
}

/** True where any text is taken as it stands: strings, and words out of a list. */
export function isText(schema: z.ZodType): boolean {
  const shape = shapeOf(schema);
  if (shape.kind !== 'value') return false;
  if (shape.schema instanceof z.ZodLiteral) return [...shape.schema.values].every((value) => typeof value === 'string');
  return shape.schema instanceof z.ZodString || shape.schema instanceof z.ZodEnum;
}

/** The words that a field is limited to; empty where it is not. */
export function wordsOf(schema: z.ZodType): string[] {
  const shape = shapeOf(schema);
  if (shape.kind === 'choice') return shape.options.flatMap(wordsOf);
  if (shape.kind !== 'value') return [];
  if (shape.schema instanceof z.ZodEnum) return shape.schema.options.map(String);
  return shape.schema instanceof z.ZodLiteral ? [...shape.schema.values].map(String) : [];
}

/** `a, b or c` */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

const named = [
  [written(duration), 'duration such as "30s"'],
  [written(byteSize), 'size such as "1MiB"'],
  [written(socketAddress), 'string "host:port"'],
] as const;

/** The type of a field in words: `duration such as "30s"`, `integer, 1 to 64`, `list of string`. */
export function typeOf(schema: z.ZodType): string {
  const shape = shapeOf(schema);
  if (shape.kind === 'list')
    return shapeOf(shape.element).kind === 'object' ? 'list' : `list of ${typeOf(shape.element)}`;
  if (shape.kind === 'choice') return listed(shape.options.flatMap(alternativesOf));
  if (shape.kind === 'object')
    return `{ ${[...shape.fields].map(([name, field]) => `${name}: ${typeOf(field)}`).join(', ')} }`;
  const words = wordsOf(schema);
  if (words.length > 0) return listed(words);
  if (shape.schema instanceof z.ZodRecord) return 'mapping';
  if (shape.schema instanceof z.ZodBoolean) return 'true or false';
  if (shape.schema instanceof z.ZodNumber) return `integer, ${numberRange(shape.schema)}`;
  return named.find(([known]) => known === shape.schema)?.[1] ?? 'string';
}

const alternativesOf = (option: z.ZodType): string[] => {
  const words = wordsOf(option);
  return words.length > 0 ? words : [typeOf(option)];
};

/** `1 to 64` of a number with both limits. */
export const numberRange = (schema: z.ZodNumber): string => `${schema.minValue} to ${schema.maxValue}`;
