import { ConfigError } from '../../kernel/errors.ts';
import type { Qos } from '../../plane/message.ts';
import type { BridgeRuleOptions, StreamOptions } from '../schema.ts';
import type { CodecOptions } from './codec-options.ts';
import type { Mapped } from './mapped.ts';
import { compileToSubject, compileToTopic } from './match.ts';
import { filterOf, isParsed, parseBridgeRule, subjectFiltersOf } from './parse-rule.ts';
import type { Pattern } from './pattern.ts';
import { createSharedMemo, type SharedMemo } from './shared-memo.ts';
import { topicProblem } from './topic.ts';

/** A bridge rule ready to run. Both functions are pure; directions that the rule does not have match nothing. */
export interface CompiledRule {
  /** What it was made of. */
  readonly options: BridgeRuleOptions;
  readonly name: string;
  readonly direction: 'both' | 'to-nats' | 'from-nats';
  /** The patterns as configured, for people. */
  readonly topic: string;
  readonly subject: string;
  readonly patterns: { readonly topic: Pattern; readonly subject: Pattern };
  readonly ack: 'local' | 'nats' | 'jetstream';
  /** QoS of messages from NATS that name none. */
  readonly qos: Qos;
  /** MQTT filter that takes every topic of the rule. */
  readonly topicFilter: string;
  /** NATS subjects that together take every subject of the rule. */
  readonly subjectFilters: readonly string[];
  /** Group of nodes of which one gets each message from NATS. */
  readonly queue: string | undefined;
  /** Nothing is taken from NATS while no connected client wants it. */
  readonly isOnDemand: boolean;
  /** Where its messages from NATS are kept; undefined: nowhere. */
  readonly jetstream: StreamOptions | undefined;
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
export function compileRule(
  options: BridgeRuleOptions,
  codec: CodecOptions,
  memo: SharedMemo = createSharedMemo(),
): CompiledRule {
  const parsed = parseBridgeRule(options);
  if (!isParsed(parsed)) throw new ConfigError('rule-invalid', parsed.map(({ message }) => message).join('; '));
  const own: CodecOptions = options.lenient ? { ...codec, loneSlash: 'literal' } : codec;
  const toSubject = compileToSubject(parsed.topic, parsed.subject, own);
  const checked = (topic: string): Mapped | undefined => {
    const subject = toSubject(topic);
    return subject?.kind === 'mapped' ? (topicProblem(topic) ?? subject) : subject;
  };
  const nothing = () => undefined;
  return {
    options,
    name: options.name,
    direction: options.direction,
    ack: options.ack,
    topic: options.topic,
    subject: options.subject,
    patterns: { topic: parsed.topic, subject: parsed.subject },
    qos: options.qos,
    topicFilter: filterOf(parsed.topic),
    subjectFilters: subjectFiltersOf(parsed.subject),
    queue: options.queue,
    isOnDemand: options.subscribe === 'on-demand',
    jetstream: options.jetstream,
    toSubject: parsed.isSending ? memo(checked) : nothing,
    toTopic: parsed.isReceiving ? memo(compileToTopic(parsed.subject, parsed.topic, own)) : nothing,
  };
}
