import type { Pattern } from './pattern.ts';
import { PatternIndex } from './pattern-index.ts';
import type { CompiledRule } from './rule.ts';

/** Rules by the names that they take; a lookup does not grow with their number. */
export interface RuleIndex {
  /** In the order of the configuration. */
  sendersOf(topic: string): readonly CompiledRule[];
  receiversOf(subject: string): readonly CompiledRule[];
  /** Those whose messages may have this subject. */
  sendersTo(subject: string): readonly CompiledRule[];
}

export function createRuleIndex(rules: readonly CompiledRule[]): RuleIndex {
  const senders = new PatternIndex<number>();
  const receivers = new PatternIndex<number>();
  const sent = new PatternIndex<number>();
  for (const [index, { direction, patterns }] of rules.entries()) {
    if (direction !== 'from-nats') senders.add([patterns.topic], index);
    if (direction !== 'from-nats') sent.add([patterns.subject], index);
    if (direction !== 'to-nats') receivers.add([patterns.subject], index);
  }
  const find = (index: PatternIndex<number>, name: Pattern): CompiledRule[] => {
    const found: number[] = [];
    index.meet([name], (number) => found.push(number));
    return found.sort((a, b) => a - b).flatMap((number) => rules[number] ?? []);
  };
  return {
    sendersOf: (topic) => find(senders, nameOf('topic', topic, topic.split('/'))),
    receiversOf: (subject) => find(receivers, nameOf('subject', subject, subject.split('.'))),
    sendersTo: (subject) => find(sent, nameOf('subject', subject, subject.split('.'))),
  };
}

/**
 * Whether a rule takes subjects that another rule sends to, as they are published: what a stream has, it gives back
 * whoever sent it.
 */
export function hearOneAnother(rules: readonly CompiledRule[]): boolean {
  const receivers = new PatternIndex<CompiledRule>();
  for (const rule of rules) if (rule.direction !== 'to-nats') receivers.add([rule.patterns.subject], rule);
  return rules.some((sender) => {
    let isHeard = false;
    if (sender.direction !== 'from-nats')
      receivers.meet([sender.patterns.subject], (rule) => {
        isHeard ||= rule !== sender && rule.jetstream === undefined;
      });
    return isHeard;
  });
}

/** One name as the pattern that takes it alone. */
const nameOf = (side: Pattern['side'], text: string, texts: readonly string[]): Pattern => ({
  side,
  text,
  parts: texts.map((part) => ({ kind: 'literal', text: part })),
});

/** A topic that leads to this subject and back again. Inboxes of NATS clients have none and stay unknown to MQTT. */
export function replyTopic(index: RuleIndex, reply: string): string | undefined {
  for (const rule of index.receiversOf(reply)) {
    const topic = rule.toTopic(reply);
    if (topic?.kind !== 'mapped') continue;
    const leadsBack = index.sendersOf(topic.value).some((other) => {
      const subject = other.toSubject(topic.value);
      return subject?.kind === 'mapped' && subject.value === reply;
    });
    if (leadsBack) return topic.value;
  }
  return undefined;
}
