import type { Qos } from '../../plane/message.ts';
import { type Condition, type ConditionProblem, parseCondition } from './condition.ts';
import { type Action, actions, type RuleOptions } from './rule-options.ts';
import { parseTopicPattern, type TopicPattern } from './topic-pattern.ts';

/** One rule of access control. */
export interface Rule {
  /** Its place in the list, from 0; the first that fits decides. */
  readonly order: number;
  readonly isAllowing: boolean;
  readonly actions: readonly Action[];
  readonly condition: Condition;
  readonly topics: readonly TopicPattern[];
  /** Of a message that is published; undefined: any. So is the next. */
  readonly qos: readonly Qos[] | undefined;
  readonly isRetained: boolean | undefined;
}

/** All but those of the broker itself. */
const everything = ['#'];

export function parseAccessRule(options: RuleOptions, order: number): Rule | ConditionProblem {
  const { allow, deny, qos, retain } = options;
  const given = allow ?? deny;
  if (given === undefined || (allow !== undefined && deny !== undefined))
    return { path: [], message: 'a rule has one of allow and deny; write the one that it is' };
  const named = given === 'all' ? actions : typeof given === 'string' ? [given] : given;
  if ((qos !== undefined || retain !== undefined) && named.some((action) => action !== 'publish'))
    return {
      path: [qos === undefined ? 'retain' : 'qos'],
      message: 'qos and retain are about what is published; write a rule of its own for subscribe and receive',
    };
  const condition = parseCondition(options);
  if ('message' in condition) return condition;
  const topics: TopicPattern[] = [];
  for (const [index, source] of (options.topics ?? everything).entries()) {
    const topic = parseTopicPattern(source, condition.captures);
    if (typeof topic === 'string') return { path: ['topics', index], message: topic };
    topics.push(topic);
  }
  return { order, isAllowing: allow !== undefined, actions: named, condition, topics, qos, isRetained: retain };
}
