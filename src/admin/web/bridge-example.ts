import type { RuleInfo } from '../broker-info.ts';

/** Topics and subjects that the bridge takes as the same, for the snippets. */
export interface BridgeExample {
  readonly topic: string;
  readonly filter: string;
  readonly subject: string;
  /** With NATS wildcards. */
  readonly subjects: string;
  /** False when no rule connects the two; then the topic stays on the MQTT side. */
  readonly isBridged: boolean;
}

/** Fills the first rule with sample values; a rule for both directions is preferred. */
export function bridgeExample(rules: readonly RuleInfo[]): BridgeExample {
  const rule = rules.find((each) => each.direction === 'both') ?? rules[0];
  const isBridged = rule !== undefined;
  const { topic, subject } = rule ?? { topic: 'signal/#', subject: 'signal.>' };
  return {
    topic: fill(topic, topicWildcards, 'hello', 'hello'),
    filter: fill(topic, topicWildcards, '+', '#'),
    subject: fill(subject, subjectWildcards, 'hello', 'hello'),
    subjects: fill(subject, subjectWildcards, '*', '>'),
    isBridged,
  };
}

interface Wildcards {
  /** One level, or a capture of one. */
  readonly one: RegExp;
  /** All levels that are left, or a capture of them. */
  readonly rest: RegExp;
}
const topicWildcards: Wildcards = { one: /\{[^}]*\}|(?<=^|\/)\+(?=$|\/)/g, rest: /\{[^}]*\.\.\.\}|#$/g };
const subjectWildcards: Wildcards = { one: /\{[^}]*\}|(?<=^|\.)\*(?=$|\.)/g, rest: /\{[^}]*\.\.\.\}|>$/g };

const fill = (pattern: string, wildcards: Wildcards, one: string, rest: string): string =>
  pattern.replace(wildcards.rest, rest).replace(wildcards.one, one);
