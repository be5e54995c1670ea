import type { z } from 'zod';
import { isText, shapeOf } from './shape.ts';
import { yamlLibrary } from './yaml-library.ts';

/** The value that a text stands for, or the sentence that says why it stands for none. */
export type TextValue = { readonly value: unknown } | { readonly error: string };

/**
 * Reads the text of a variable or flag as its field wants it: text as it stands, `a,b` as a list of texts,
 * everything else as YAML on one line (`true`, `5`, `["a", "b"]`, `{ file: /run/secret }`).
 */
export function valueOfText(text: string, schema: z.ZodType): TextValue {
  const shape = shapeOf(schema);
  const isFlow = /^\s*[[{]/.test(text);
  if (isText(schema)) return { value: text };
  if (shape.kind === 'list') return isFlow || !isText(shape.element) ? valueOfYaml(text) : { value: split(text) };
  if (shape.kind === 'object' || shape.kind === 'value' || isFlow) return valueOfYaml(text);
  const isWord = shape.options.some((option) => isText(option) && option.safeParse(text).success);
  const takesList = shape.options.some((option) => {
    const inner = shapeOf(option);
    return inner.kind === 'list' && isText(inner.element);
  });
  return { value: !isWord && takesList ? split(text) : text };
}

const split = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function valueOfYaml(text: string): TextValue {
  const document = yamlLibrary().parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const problem = document.errors[0];
  // The parser's own sentence may quote the text, which may hold a secret.
  if (problem !== undefined) return { error: `is not valid YAML: character ${problem.pos[0] + 1} cannot stand there` };
  try {
    return { value: document.toJS({ maxAliasCount: 0 }) as unknown };
  } catch {
    return { error: 'is not valid YAML: anchors and aliases cannot be used here' };
  }
}
