import { z } from 'zod';
import { didYouMean } from './closest.ts';
import { type ConfigPath, ownValue } from './path.ts';
import { shownValue } from './redact.ts';
import { childOf, listed, metaOf, numberRange, shapeOf, typeOf, wordsOf, written } from './shape.ts';

/** Something wrong at a path, before it is known where that path was written. */
export interface Finding {
  readonly path: ConfigPath;
  readonly message: string;
  /** True where the key is wrong and not the value. */
  readonly isKey?: boolean;
}

type Issue = z.core.$ZodIssue;

/** Marks messages that zod chose, so that those of our schemas can be told apart. */
const defaultMessage = '\u0000';
/** With which every schema is asked. */
export const parseOptions = { error: () => defaultMessage, reportInput: false };

/** Turns what zod found into sentences that say which value, what is allowed and what to do. */
export function findingsOf(issues: readonly Issue[], root: z.ZodType, value: unknown): Finding[] {
  return issues.flatMap((issue) => findingsOfIssue(issue, root, value));
}

/** Where an issue is; no key of ours is a symbol. */
export const issuePath = ({ path }: Pick<Issue, 'path'>): ConfigPath =>
  path.map((step) => (typeof step === 'symbol' ? String(step) : step));

function findingsOfIssue(issue: Issue, root: z.ZodType, whole: unknown): Finding[] {
  const path = issuePath(issue);
  const { schema, isSecret } = fieldAt(root, path);
  const value = valueAt(whole, path);
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, path, schema);
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.find((branch) => branch.every((one) => one.path.length > 0));
    if (inner !== undefined && !isSecret)
      return inner.flatMap((one) => findingsOfIssue({ ...one, path: [...issue.path, ...one.path] }, root, whole));
  }
  if (value === undefined && issue.code !== 'custom') return [{ path, message: missing(schema) }];
  const own = issue.message === defaultMessage ? undefined : issue.message;
  return [
    {
      path,
      message: own === undefined ? sentence(issue, schema, value, isSecret) : withValue(own, issue, value, isSecret),
    },
  ];
}

function unknownKeys(keys: readonly string[], path: ConfigPath, schema: z.ZodType | undefined): Finding[] {
  const shape = schema === undefined ? undefined : shapeOf(schema);
  const known = shape?.kind === 'object' ? [...shape.fields.keys()] : [];
  return keys.map((key) => {
    const advice = didYouMean(key, known) || `; known here: ${known.join(', ')}`;
    return { path: [...path, key], message: `unknown key${advice}`, isKey: true };
  });
}

function missing(schema: z.ZodType | undefined): string {
  if (schema === undefined) return 'is missing';
  const about = metaOf(schema).description;
  return `is missing; expected ${typeOf(schema)}${about === undefined ? '' : ` (${about.replace(/\.$/, '')})`}`;
}

/** Our schemas say what is allowed; most leave out which value it was. */
function withValue(message: string, issue: Issue, value: unknown, isSecret: boolean): string {
  const text = shownValue(value, isSecret);
  const isNamed = message.includes(text.replaceAll('"', ''));
  if (isNamed || (issue.code === 'custom' && !message.startsWith('use '))) return message;
  return `${text} is not allowed; ${message}`;
}

function sentence(issue: Issue, schema: z.ZodType | undefined, value: unknown, isSecret: boolean): string {
  const text = shownValue(value, isSecret);
  const expected = schema === undefined ? 'something else' : typeOf(schema);
  const words = schema === undefined ? [] : wordsOf(schema);
  if (issue.code === 'invalid_value') return `${text} is not allowed; use ${listed(words)}${guess(value, words)}`;
  if (issue.code === 'too_small' || issue.code === 'too_big') return outOfBounds(issue, schema, value, text);
  if (issue.code === 'invalid_format') {
    const isPrefix = issue.format === 'starts_with' && 'prefix' in issue;
    return isPrefix
      ? `${text} is not allowed; start it with "${String(issue.prefix)}"`
      : `${text} is not a ${expected}`;
  }
  if (issue.code === 'invalid_union') {
    if (isSecret) return `a secret does not stand in the configuration; write ${expected}`;
    return `expected ${expected}; got ${text}${guess(value, words)}`;
  }
  return `expected ${schema === undefined ? expected : kind(schema, expected)}; got ${text}`;
}

type Bound = z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig;

function outOfBounds(issue: Bound, schema: z.ZodType | undefined, value: unknown, text: string): string {
  const inner = schema === undefined ? undefined : written(schema);
  if (inner instanceof z.ZodNumber) return `${text} is out of range; use ${numberRange(inner)}`;
  const limit = issue.code === 'too_small' ? `use at least ${issue.minimum}` : `use at most ${issue.maximum}`;
  if (Array.isArray(value)) return `has ${value.length} entries; ${limit}`;
  return value === '' ? 'is empty; give a value' : `${text} has ${text.length - 2} characters; ${limit}`;
}

function kind(schema: z.ZodType, expected: string): string {
  const shape = shapeOf(schema);
  return shape.kind === 'object' ? `a mapping with ${[...shape.fields.keys()].join(', ')}` : expected;
}

const guess = (value: unknown, words: readonly string[]): string =>
  typeof value === 'string' ? didYouMean(value, words) : '';

function fieldAt(root: z.ZodType, path: ConfigPath): { schema: z.ZodType | undefined; isSecret: boolean } {
  let schema: z.ZodType | undefined = root;
  let isSecret = false;
  for (const step of path) {
    schema = schema === undefined ? undefined : childOf(schema, step);
    isSecret ||= schema !== undefined && metaOf(schema).secret === true;
  }
  return { schema, isSecret };
}

const valueAt = (root: unknown, path: ConfigPath): unknown => path.reduce(ownValue, root);
