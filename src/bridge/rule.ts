import { ConfigError } from '../kernel/errors.ts';
import type { Qos } from '../plane/message.ts';
import { type CodecOptions, codecOptions } from './codec-options.ts';
import type { Mapped } from './mapped.ts';
import { compileToSubject, compileToTopic } from './match.ts';
import { memo } from './memo.ts';
import { doubled, type Mapping } from './overlap.ts';
import { filterOf, isParsed, type ParsedRule, parseRule, subjectFiltersOf } from './parse-rule.ts';
import { type BridgeRuleOptions, type CodecConfig, codecSchema } from './schema.ts';
import { topicProblem } from './topic.ts';

/** A bridge rule ready to run. Both functions are pure; directions that the rule does not have match nothing. */
export interface CompiledRule {
  readonly name: string;
  readonly direction: 'both' | 'to-nats' | 'from-nats';
  /** The patterns as configured, for people. */
  readonly topic: string;
  readonly subject: string;
  readonly ack: 'local' | 'nats' | 'jetstream';
  /** QoS of messages from NATS that name none. */
  readonly qos: Qos;
  /** MQTT filter that takes every topic of the rule. */
  readonly topicFilter: string;
  /** NATS subjects that together take every subject of the rule. */
  readonly subjectFilters: readonly string[];
  /** The subject of a topic; undefined: the rule does not send it. */
  toSubject(topic: string): Mapped | undefined;
  /** The topic of a subject; undefined: the rule does not take it. */
  toTopic(subject: string): Mapped | undefined;
}

/**
 * Compiles a rule: patterns on both sides, captures carried over level by level, each spelled for its side.
 *
 * `plants/{site}/up/{rest...}` to `plants.{site}.{rest...}` makes `plants/s 1/up/a/b` the subject `plants.s/x201.a.b`.
 * Like `#`, `{rest...}` also takes nothing, so `plants/s1/up` is `plants.s1`. [MQTT-4.7.1-2]
 * @throws ConfigError `rule-invalid` with every problem of the rule.
 */
export function compileRule(options: BridgeRuleOptions, codec: CodecOptions): CompiledRule {
  const parsed = parseRule(options);
  if (!isParsed(parsed)) throw new ConfigError('rule-invalid', parsed.map(({ message }) => message).join('; '));
  const own: CodecOptions = options.lenient ? { ...codec, loneSlash: 'literal' } : codec;
  const toSubject = compileToSubject(parsed.topic, parsed.subject, own);
  const checked = (topic: string): Mapped | undefined => {
    const subject = toSubject(topic);
    return subject?.kind === 'mapped' ? (topicProblem(topic) ?? subject) : subject;
  };
  const nothing = () => undefined;
  return {
    name: options.name,
    direction: options.direction,
    ack: options.ack,
    topic: options.topic,
    subject: options.subject,
    qos: options.qos,
    topicFilter: filterOf(parsed.topic),
    subjectFilters: subjectFiltersOf(parsed.subject),
    toSubject: parsed.isSending ? memo(checked) : nothing,
    toTopic: parsed.isReceiving ? memo(compileToTopic(parsed.subject, parsed.topic, own)) : nothing,
  };
}

/** Compiles the rules of a configuration, which `checkRules` has found sound. */
export const compileRules = (config: {
  readonly rules: readonly BridgeRuleOptions[];
  readonly codec: CodecConfig;
}): readonly CompiledRule[] => config.rules.map((rule) => compileRule(rule, codecOptions(config.codec)));

/** Something wrong with the configuration, and where. */
export interface Problem {
  /** Config path, e.g. `['bridge', 'rules', 1, 'subject']`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Everything that is wrong with the rules, alone and together: unreadable patterns, captures that do not fit, names
 * that clients could choose freely, repeated rule names, and pairs of rules that would deliver one message twice.
 */
export function checkRules(
  rules: readonly BridgeRuleOptions[],
  config: CodecConfig = codecSchema.parse(undefined),
): readonly Problem[] {
  const parsed = rules.map(parseRule);
  const problems: Problem[] = parsed.flatMap((rule, index) =>
    isParsed(rule) ? [] : rule.map(({ field, message }) => ({ path: ['bridge', 'rules', index, field], message })),
  );
  for (const [index, { name }] of rules.entries()) {
    const first = rules.findIndex((rule) => rule.name === name);
    if (first < index)
      problems.push({
        path: ['bridge', 'rules', index, 'name'],
        message: `rule "${name}": another rule, number ${first + 1}, has this name; counters and logs need different ones`,
      });
    problems.push(...pairProblems(rules, parsed, index, config));
  }
  return problems;
}

/** Rules before this one that send or take the same messages to the same place. */
function pairProblems(
  rules: readonly BridgeRuleOptions[],
  parsed: readonly ReturnType<typeof parseRule>[],
  index: number,
  config: CodecConfig,
): Problem[] {
  const late = parsed[index];
  if (late === undefined || !isParsed(late)) return [];
  return parsed.slice(0, index).flatMap((early, earlyIndex): Problem[] => {
    if (!isParsed(early)) return [];
    const names = `rule "${rules[index]?.name}": together with rule "${rules[earlyIndex]?.name}" it would deliver`;
    const sent =
      early.isSending && late.isSending ? doubled(sending(early), sending(late), codecOptions(config)) : undefined;
    if (sent !== undefined)
      return [
        {
          path: ['bridge', 'rules', index, 'subject'],
          message: `${names} a message on topic "${sent.source}" twice to subject "${sent.target}"; remove one, or give it another subject`,
        },
      ];
    const taken =
      early.isReceiving && late.isReceiving
        ? doubled(receiving(early), receiving(late), codecOptions(config))
        : undefined;
    if (taken === undefined) return [];
    return [
      {
        path: ['bridge', 'rules', index, 'topic'],
        message: `${names} a message on subject "${taken.source}" twice to topic "${taken.target}"; remove one, or give it another topic`,
      },
    ];
  });
}

const sending = ({ topic, subject }: ParsedRule): Mapping => ({ source: topic, target: subject });
const receiving = ({ topic, subject }: ParsedRule): Mapping => ({ source: subject, target: topic });
