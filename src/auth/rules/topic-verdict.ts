import type { Qos } from '../../plane/message.ts';
import { renderLevel, type Values } from './render-level.ts';
import { type Ending, firstOf, type RuleNode } from './rule-tree.ts';

/** Where a client begins in the rules of one condition. */
export interface Entry {
  readonly node: RuleNode;
  readonly values: Values;
}

/** How a message is published; undefined for other actions, where no rule asks for it. */
export interface Publishing {
  readonly qos: Qos;
  readonly isRetained: boolean;
}

const dollar = 0x24;
const separator = '/';

/** @returns the first rule that fits the topic name; undefined where none does */
export function firstEnding(entries: readonly Entry[], topic: string, publishing?: Publishing): Ending | undefined {
  let best: Ending | undefined;
  for (const { node, values } of entries) best = below(node, { topic, publishing, values }, 0, best);
  return best;
}

interface Search extends Pick<Entry, 'values'> {
  readonly topic: string;
  readonly publishing: Publishing | undefined;
}

/** @param from where the next level of the topic begins; behind its end where there is none */
function below(node: RuleNode, search: Search, from: number, before: Ending | undefined): Ending | undefined {
  if (before !== undefined && firstOf(node) >= before.order) return before;
  const { topic, publishing, values } = search;
  const isFirst = from === 0;
  const isOwn = isFirst && topic.charCodeAt(0) === dollar; // no wildcard matches it [MQTT-4.7.2-1]
  let best = isOwn ? before : earlier(node.rests, publishing, before);
  if (from > topic.length) return earlier(node.ends, publishing, best);
  const slash = topic.indexOf(separator, from);
  const end = slash === -1 ? topic.length : slash;
  const level = topic.slice(from, end);
  const literal = node.literals.get(level);
  if (literal !== undefined) best = below(literal, search, end + 1, best);
  if (node.any !== undefined && !isOwn) best = below(node.any, search, end + 1, best);
  for (const { level: template, node: next } of node.templates) {
    const { texts, isWhole } = renderLevel(template, isFirst, values);
    if (!isWhole) best = widened(next, best);
    if (texts.includes(level)) best = below(next, search, end + 1, best);
  }
  return best;
}

function earlier(
  endings: readonly Ending[],
  publishing: Publishing | undefined,
  before: Ending | undefined,
): Ending | undefined {
  for (const ending of endings) {
    if (before !== undefined && ending.order >= before.order) return before;
    if (publishing === undefined || fits(ending, publishing)) return ending;
  }
  return before;
}

const fits = ({ qos, isRetained }: Ending, publishing: Publishing): boolean =>
  (qos === undefined || qos.includes(publishing.qos)) &&
  (isRetained === undefined || isRetained === publishing.isRetained);

/** What a rule denies where the value of the client cannot be put into its topic: all that it may be. */
export const widened = ({ firstDenying: order }: RuleNode, before: Ending | undefined): Ending | undefined =>
  order < (before?.order ?? Number.POSITIVE_INFINITY)
    ? { order, isAllowing: false, qos: undefined, isRetained: undefined }
    : before;
