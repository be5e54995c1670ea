import type { BridgeRuleOptions } from '../schema.ts';
import { filterProblem } from './codec.ts';
import { type Part, type Pattern, parsePattern } from './pattern.ts';
import { reservedFirstTokens } from './subject.ts';

export interface RuleProblem {
  readonly field: 'name' | 'topic' | 'subject' | 'queue' | 'jetstream' | 'subscribe';
  readonly message: string;
}

export interface ParsedRule {
  readonly topic: Pattern;
  readonly subject: Pattern;
  readonly isSending: boolean;
  readonly isReceiving: boolean;
}

/** Reads a rule's patterns and checks them against each other. @returns the patterns, or all problems. */
export function parseBridgeRule(options: BridgeRuleOptions): ParsedRule | readonly RuleProblem[] {
  const say = (field: RuleProblem['field'], message: string): RuleProblem => ({
    field,
    message: `rule "${options.name}": ${message}`,
  });
  const topic = parsePattern('topic', options.topic);
  const subject = parsePattern('subject', options.subject);
  const unread = [
    ...(isPattern(topic) ? [] : topic.map((text) => say('topic', `topic "${options.topic}" ${text}`))),
    ...(isPattern(subject) ? [] : subject.map((text) => say('subject', `subject "${options.subject}" ${text}`))),
  ];
  if (!isPattern(topic) || !isPattern(subject)) return unread;
  const isSending = options.direction !== 'from-nats';
  const isReceiving = options.direction !== 'to-nats';
  const filter = filterProblem(filterOf(topic));
  const problems = [
    ...(filter === undefined ? [] : [say('topic', `topic: ${filter.message}`)]),
    ...captureProblems(topic, subject, options.direction).map(({ field, message }) => say(field, message)),
    ...(isSending ? openSubject(subject).map((message) => say('subject', message)) : []),
    ...(isReceiving ? openTopic(topic).map((message) => say('topic', message)) : []),
    ...sourceProblems(options, isReceiving).map(({ field, message }) => say(field, message)),
  ];
  return problems.length > 0 ? problems : { topic, subject, isSending, isReceiving };
}

/** How messages are taken from NATS. */
function sourceProblems(options: BridgeRuleOptions, isReceiving: boolean): SourceProblem[] {
  const { queue, jetstream } = options;
  const isOnDemand = options.subscribe === 'on-demand';
  if (isOnDemand && jetstream !== undefined)
    return [
      {
        field: 'subscribe',
        message:
          'subscribe: on-demand is for messages of core NATS; a stream keeps what nobody asks for, so remove one of the two',
      },
    ];
  if (isOnDemand && !isReceiving) return [{ field: 'subscribe', message: takesNothing('subscribe: on-demand') }];
  if (isReceiving && queue !== undefined && jetstream !== undefined)
    return [
      {
        field: 'queue',
        message:
          'queue is for messages of core NATS; with jetstream, nodes share what they name the same consumer for, so remove queue',
      },
    ];
  if (isReceiving) return [];
  return (['queue', 'jetstream'] as const)
    .filter((field) => (field === 'queue' ? queue : jetstream) !== undefined)
    .map((field) => ({ field, message: takesNothing(field) }));
}

interface SourceProblem {
  readonly field: 'queue' | 'jetstream' | 'subscribe';
  readonly message: string;
}

const takesNothing = (setting: string): string =>
  `${setting} says how messages are taken from NATS, and direction: to-nats takes none; remove one of the two`;

const isPattern = (value: Pattern | readonly string[]): value is Pattern => !Array.isArray(value);

export const isParsed = (value: ParsedRule | readonly RuleProblem[]): value is ParsedRule => !Array.isArray(value);

/** The MQTT filter that takes every topic of a pattern. */
export const filterOf = ({ parts }: Pattern): string =>
  parts.map((part) => (part.kind === 'literal' ? part.text : part.kind === 'one' ? '+' : '#')).join('/');

/** The NATS subjects that together take every subject of a pattern: `a.>` does not take `a`. */
export function subjectFiltersOf({ parts }: Pattern): readonly string[] {
  const tokens = parts.flatMap((part) => (part.kind === 'rest' ? [] : [part.kind === 'literal' ? part.text : '*']));
  if (parts.at(-1)?.kind !== 'rest') return [tokens.join('.')];
  return tokens.length === 0 ? ['>'] : [`${tokens.join('.')}.>`, tokens.join('.')];
}

function openSubject(subject: Pattern): string[] {
  const [first, second] = subject.parts;
  if (first?.kind !== 'literal')
    return [
      `subject "${subject.text}" lets any MQTT client choose the NATS subject; start it with a fixed token, e.g. "mqtt.${subject.text}"`,
    ];
  if (reservedFirstTokens.has(first.text) && second?.kind !== 'literal')
    return [
      `subject "${subject.text}" lets MQTT clients reach everything below "${first.text}", which belongs to NATS itself; start it with another token, or fix the next one too, e.g. "${first.text}.my-own.>"`,
    ];
  return [];
}

function openTopic(topic: Pattern): string[] {
  if (topic.parts[0]?.kind === 'literal') return [];
  return [
    `topic "${topic.text}" lets any NATS client choose the MQTT topic, "$SYS" included; start it with a fixed level, e.g. "nats/${topic.text}"`,
  ];
}

interface FieldMessage {
  readonly field: 'topic' | 'subject';
  readonly message: string;
}

function captureProblems(topic: Pattern, subject: Pattern, direction: BridgeRuleOptions['direction']): FieldMessage[] {
  if (direction === 'from-nats') return missing(topic, subject, 'topic', direction);
  const forward = missing(subject, topic, 'subject', direction);
  return direction === 'to-nats' ? forward : [...forward, ...missing(topic, subject, 'topic', direction)];
}

/** Captures of `target` that `source` cannot fill. */
function missing(
  target: Pattern,
  source: Pattern,
  field: 'topic' | 'subject',
  direction: BridgeRuleOptions['direction'],
): FieldMessage[] {
  return captures(target).flatMap((wanted): FieldMessage[] => {
    const found = captures(source).find(({ name }) => name === wanted.name);
    if (found?.kind === wanted.kind) return [];
    const shown = spell(wanted);
    if (found !== undefined) {
      const message = `${shown} in the ${target.side} and ${spell(found)} in the ${source.side} take different amounts; write both with or both without "..."`;
      // Both directions find the same mismatch; say it once.
      return direction === 'both' && field === 'topic' ? [] : [{ field, message }];
    }
    if (direction === 'both' && field === 'topic')
      return [
        {
          field: 'subject',
          message: `${shown} of the topic is missing in subject "${source.text}", so a message from NATS cannot find its topic; add it, or write direction: to-nats`,
        },
      ];
    const known = captures(source).map(spell).join(', ');
    return [
      {
        field,
        message: `${target.side} "${target.text}" uses ${shown}, which ${source.side} "${source.text}" does not capture (${known === '' ? 'it captures nothing' : `it captures ${known}`})`,
      },
    ];
  });
}

const captures = ({ parts }: Pattern): readonly Exclude<Part, { kind: 'literal' }>[] =>
  parts.filter((part) => part.kind !== 'literal');

/** A capture as people write it; wildcards are named by their position. */
const spell = ({ kind, name }: Exclude<Part, { kind: 'literal' }>): string =>
  /^\d+$/.test(name) ? `wildcard ${name}` : `{${name}${kind === 'rest' ? '...' : ''}}`;
