import type { BridgeRuleOptions } from '../schema.ts';
import { isParsed, parseBridgeRule, subjectFiltersOf } from './parse-rule.ts';

/** Positions of the rules that would bring messages with this subject to MQTT clients. Rules that cannot be read are left out. */
export const rulesTaking = (subject: string, rules: readonly BridgeRuleOptions[]): readonly number[] =>
  rules.flatMap((options, index) => {
    const rule = parseBridgeRule(options);
    if (!isParsed(rule) || !rule.isReceiving) return [];
    return subjectFiltersOf(rule.subject).some((filter) => takes(filter, subject)) ? [index] : [];
  });

function takes(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  const isOpen = wanted.at(-1) === '>';
  if (isOpen ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every((token, index) => token === '*' || token === '>' || token === tokens[index]);
}
