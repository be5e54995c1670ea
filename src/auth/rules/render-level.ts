import { unsafeCharacter } from '../template.ts';
import type { AskingClient, Known } from './client-facts.ts';
import type { Captures } from './name-pattern.ts';
import type { TemplateLevel, Variable } from './topic-pattern.ts';

/** What of one client stands in the places of patterns. */
export interface Values {
  readonly facts: AskingClient;
  readonly captures: Captures;
}

/** What a level says for one client. */
export interface RenderedLevel {
  /** Usually one; none where the client has no such value. */
  readonly texts: readonly string[];
  /** False where a value cannot stand in a topic, or cannot be told: then it may be any, for a rule that denies. */
  readonly isWhole: boolean;
}

/** More texts are not made of one level. */
const mostTexts = 256;

/**
 * A value never reaches beyond its own level (CVE-2017-7650): with `/`, `+`, `#`, NUL and other control or format
 * characters it gives no text, and neither does one that would make the topic one of the broker's own.
 */
export function renderLevel({ parts }: TemplateLevel, isFirst: boolean, values: Values): RenderedLevel {
  let texts: string[] = [''];
  let isWhole = true;
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') {
      texts = texts.map((text) => text + part);
      continue;
    }
    const known = valuesOf(part, values);
    const whole = (known ?? []).filter((value) => value !== '');
    const safe = whole.filter(
      (value) => unsafeCharacter(value) === undefined && !(isFirst && index === 0 && value.startsWith('$')),
    );
    if (known === undefined || safe.length < whole.length) isWhole = false;
    texts = texts.flatMap((text) => safe.map((value) => text + value));
    if (texts.length > mostTexts) return { texts: [], isWhole: false };
  }
  return { texts, isWhole };
}

function valuesOf(variable: Variable, { facts, captures }: Values): Known {
  switch (variable.kind) {
    case 'user':
      return [facts.user];
    case 'clientId':
      return [facts.clientId];
    case 'claim':
      return facts.claim(variable.name);
    case 'capture': {
      const value = captures.get(variable.name);
      return value === undefined ? [] : [value];
    }
    case 'certificate':
    default: {
      const found = facts.certificate(variable.field);
      return found !== undefined && found.length > 1 ? undefined : found; // one of several might be another's
    }
  }
}
