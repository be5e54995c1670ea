import { subjectToTopic, topicToSubject } from './codec.ts';
import { type CodecOptions, defaultCodec } from './codec-options.ts';
import type { Mapped } from './mapped.ts';
import type { CompiledRule } from './rule.ts';
import { isReservedSubject } from './subject.ts';

export interface RuleVerdict {
  readonly rule: string;
  readonly direction: CompiledRule['direction'];
  readonly topic: string;
  readonly subject: string;
  /** What the rule makes of it; undefined: the rule does not apply. */
  readonly result: Mapped | undefined;
  /** The rule carries it to the other side. */
  readonly crosses: boolean;
  /** One sentence: where the message goes, or why it does not. */
  readonly why: string;
}

export interface Explanation {
  readonly input: string;
  /** The spelling on the other side without any rule. */
  readonly codec: Mapped;
  readonly rules: readonly RuleVerdict[];
}

/** What becomes of a message that is published on an MQTT topic: its spelling as a subject, and each rule's verdict. */
export function explainTopic(
  rules: readonly CompiledRule[],
  topic: string,
  codec: CodecOptions = defaultCodec,
): Explanation {
  return {
    input: topic,
    codec: topicToSubject(topic, codec),
    rules: rules.map((rule) =>
      describe(rule, rule.toSubject(topic), {
        wrongWay: rule.direction === 'from-nats' ? 'takes messages from NATS only' : undefined,
        goes: (value) => `goes to NATS as subject "${value}"`,
        noMatch: `topic pattern "${rule.topic}" does not match`,
        withheld: topic.startsWith('$') ? 'wildcards never take topics that start with "$"' : undefined,
        pattern: rule.topic,
      }),
    ),
  };
}

/** What becomes of a message that is published on a NATS subject: its spelling as a topic, and each rule's verdict. */
export function explainSubject(
  rules: readonly CompiledRule[],
  subject: string,
  codec: CodecOptions = defaultCodec,
): Explanation {
  return {
    input: subject,
    codec: subjectToTopic(subject, codec),
    rules: rules.map((rule) =>
      describe(rule, rule.toTopic(subject), {
        wrongWay: rule.direction === 'to-nats' ? 'sends messages to NATS only' : undefined,
        goes: (value) => `goes to MQTT as topic "${value}"`,
        noMatch: `subject pattern "${rule.subject}" does not match`,
        withheld: isReservedSubject(subject) ? 'wildcards never take subjects that belong to NATS itself' : undefined,
        pattern: rule.subject,
      }),
    ),
  };
}

interface Wording {
  readonly wrongWay: string | undefined;
  readonly goes: (value: string) => string;
  readonly noMatch: string;
  /** Why a leading wildcard does not take this name, where it does not. [MQTT-4.7.2-1] */
  readonly withheld: string | undefined;
  readonly pattern: string;
}

function describe(rule: CompiledRule, result: Mapped | undefined, wording: Wording): RuleVerdict {
  const { name, direction, topic, subject } = rule;
  const crosses = wording.wrongWay === undefined && result?.kind === 'mapped';
  return { rule: name, direction, topic, subject, result, crosses, why: sentence(result, wording) };
}

function sentence(result: Mapped | undefined, { wrongWay, goes, noMatch, withheld, pattern }: Wording): string {
  if (wrongWay !== undefined) return wrongWay;
  if (result === undefined)
    return withheld !== undefined && /^[+#*>{]/.test(pattern) ? `${noMatch}; ${withheld}` : noMatch;
  return result.kind === 'mapped' ? goes(result.value) : `matches, but is dropped: ${result.message}`;
}
