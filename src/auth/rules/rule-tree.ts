import type { Qos } from '../../plane/message.ts';
import type { Rule } from './rule.ts';
import type { Action } from './rule-options.ts';
import { anyLevel, anyRest, type TemplateLevel, type TopicPattern } from './topic-pattern.ts';

/** A rule that a pattern leads to. */
export interface Ending {
  readonly order: number;
  readonly isAllowing: boolean;
  readonly qos: readonly Qos[] | undefined;
  readonly isRetained: boolean | undefined;
}

export interface TemplateBranch {
  readonly level: TemplateLevel;
  readonly node: RuleNode;
}

/** The patterns of many rules, level by level: what they have in common is looked at once. */
export interface RuleNode {
  readonly literals: Map<string, RuleNode>;
  readonly templates: TemplateBranch[];
  any: RuleNode | undefined;
  /** Of patterns that end here; in their order, as the next. */
  readonly ends: Ending[];
  /** Of patterns with `#` as next level. */
  readonly rests: Ending[];
  /** The lowest order of a rule from here on that allows; `Infinity` where none does. So is the next. */
  firstAllowing: number;
  firstDenying: number;
}

const newNode = (): RuleNode => ({
  literals: new Map(),
  templates: [],
  any: undefined,
  ends: [],
  rests: [],
  firstAllowing: Number.POSITIVE_INFINITY,
  firstDenying: Number.POSITIVE_INFINITY,
});

export const firstOf = ({ firstAllowing, firstDenying }: RuleNode): number => Math.min(firstAllowing, firstDenying);

/** @param rules in their order */
export function treeOf(rules: readonly Rule[], action: Action): RuleNode | undefined {
  let root: RuleNode | undefined;
  for (const { order, isAllowing, actions, topics, qos, isRetained } of rules) {
    if (!actions.includes(action)) continue;
    root ??= newNode();
    for (const topic of topics) add(root, topic, { order, isAllowing, qos, isRetained });
  }
  return root;
}

function add(root: RuleNode, { levels }: TopicPattern, ending: Ending): void {
  let node = root;
  note(node, ending);
  for (const level of levels) {
    if (level === anyRest) {
      node.rests.push(ending);
      return;
    }
    node = branchOf(node, level);
    note(node, ending);
  }
  node.ends.push(ending);
}

function branchOf(node: RuleNode, level: string | typeof anyLevel | TemplateLevel): RuleNode {
  if (level === anyLevel) return (node.any ??= newNode());
  if (typeof level === 'object') {
    const known = node.templates.find((branch) => branch.level.source === level.source)?.node;
    if (known !== undefined) return known;
    const made = newNode();
    node.templates.push({ level, node: made });
    return made;
  }
  const known = node.literals.get(level);
  if (known !== undefined) return known;
  const made = newNode();
  node.literals.set(level, made);
  return made;
}

function note(node: RuleNode, { order, isAllowing }: Ending): void {
  if (isAllowing) node.firstAllowing = Math.min(node.firstAllowing, order);
  else node.firstDenying = Math.min(node.firstDenying, order);
}
