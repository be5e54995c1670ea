import type { CodecOptions } from './codec-options.ts';
import { decodeToken, encodeLevel } from './level.ts';
import type { Mapped } from './mapped.ts';
import type { Pattern } from './pattern.ts';
import { joinSubject, reservedFirstTokens } from './subject.ts';
import { joinTopic } from './topic.ts';

/** What the captures of a pattern took: levels of a topic, or tokens of a subject. */
interface Captures {
  readonly ones: readonly string[];
  readonly rest: readonly string[];
  /** Which of `ones` is the end of the whole name, -1: none. */
  readonly lastOne: number;
}

type RuleSource = (parts: readonly string[]) => Captures | undefined;

/** Compiles a pattern to a matcher. A leading wildcard never takes names that belong to the broker or to NATS. */
function compileSource(pattern: Pattern): RuleSource {
  const { parts } = pattern;
  const hasRest = parts.at(-1)?.kind === 'rest';
  const fixed = hasRest ? parts.slice(0, -1) : parts;
  const literals = fixed.flatMap((part, index) => (part.kind === 'literal' ? [{ index, text: part.text }] : []));
  const slots = fixed.flatMap((part, index) => (part.kind === 'one' ? [index] : []));
  const lastSlot = slots.indexOf(fixed.length - 1);
  const isOpen = parts[0]?.kind !== 'literal';
  const isReserved =
    pattern.side === 'topic'
      ? (first: string) => first.startsWith('$')
      : (first: string) => reservedFirstTokens.has(first);
  return (given) => {
    if (hasRest ? given.length < fixed.length : given.length !== fixed.length) return undefined;
    for (const { index, text } of literals) if (given[index] !== text) return undefined;
    if (isOpen && isReserved(given[0] ?? '')) return undefined; // [MQTT-4.7.2-1]
    return {
      ones: slots.map((index) => given[index] ?? ''),
      rest: hasRest ? given.slice(fixed.length) : [],
      lastOne: given.length === fixed.length ? lastSlot : -1,
    };
  };
}

type Step =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one'; readonly slot: number }
  | { readonly kind: 'rest' };

/** How the target is put together from what the source captured. Both have been checked to fit. */
function compileSteps(target: Pattern, source: Pattern): readonly Step[] {
  const names = source.parts.flatMap((part) => (part.kind === 'one' ? [part.name] : []));
  return target.parts.map((part): Step => {
    if (part.kind === 'literal') return { kind: 'text', text: part.text };
    return part.kind === 'rest' ? { kind: 'rest' } : { kind: 'one', slot: names.indexOf(part.name) };
  });
}

/** Topic to subject, or undefined where the topic does not match. */
export function compileToSubject(
  topic: Pattern,
  subject: Pattern,
  codec: CodecOptions,
): (topic: string) => Mapped | undefined {
  const match = compileSource(topic);
  const steps = compileSteps(subject, topic);
  return (name) => {
    const captures = match(name.split('/'));
    if (captures === undefined) return undefined;
    const tokens: string[] = [];
    for (const step of steps) {
      if (step.kind === 'text') {
        tokens.push(step.text);
        continue;
      }
      for (const level of step.kind === 'one' ? [captures.ones[step.slot] ?? ''] : captures.rest) {
        const token = encodeLevel(level, codec);
        if (token.kind === 'unmappable') return token;
        tokens.push(token.value);
      }
    }
    return joinSubject(tokens);
  };
}

/** Subject to topic, or undefined where the subject does not match. */
export function compileToTopic(
  subject: Pattern,
  topic: Pattern,
  codec: CodecOptions,
): (subject: string) => Mapped | undefined {
  const match = compileSource(subject);
  const steps = compileSteps(topic, subject);
  return (name) => {
    const captures = match(name.split('.'));
    if (captures === undefined) return undefined;
    const levels: string[] = [];
    for (const step of steps) {
      if (step.kind === 'text') {
        levels.push(step.text);
        continue;
      }
      const isOne = step.kind === 'one';
      const tokens = isOne ? [captures.ones[step.slot] ?? ''] : captures.rest;
      const lastIndex = isOne ? (step.slot === captures.lastOne ? 0 : -1) : tokens.length - 1;
      for (const [index, token] of tokens.entries()) {
        const level = decodeToken(token, index === lastIndex, codec);
        if (level.kind === 'unmappable') return level;
        levels.push(level.value);
      }
    }
    return joinTopic(levels);
  };
}
