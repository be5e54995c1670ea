import { renderLevel, type Values } from './render-level.ts';
import { type Ending, firstOf, type RuleNode } from './rule-tree.ts';
import { type Entry, widened } from './topic-verdict.ts';

/** Places in the rules that are looked at; what would take more is not allowed. */
const mostSteps = 2_000;

/**
 * Whether all topics that a filter can match are allowed: level by level, for all that can stand there. Where a wildcard
 * stands, that is each text that a rule names, and any other; rules that allow cannot forbid, so that only those texts are
 * looked at on which a rule that denies goes on.
 * @param filter a valid one, without `$share` and group
 * @param otherwise what becomes of topics that no rule speaks of
 * @returns undefined where they are; else a topic that is not
 */
export function uncoveredBy(
  entries: readonly Entry[],
  filter: string,
  otherwise: 'denied' | 'allowed' = 'denied',
): string | undefined {
  const levels = filter.split('/');
  const search: Search = { levels, isOwn: filter.startsWith('$'), steps: 0 };
  return searchFrom(search, { depth: 0, named: [], entries, rest: otherwise === 'allowed' ? last : undefined });
}

/** Behind every rule. */
const last: Ending = { order: Number.MAX_SAFE_INTEGER, isAllowing: true, qos: undefined, isRetained: undefined };

interface Search {
  readonly levels: readonly string[];
  /** Its topics begin with `$`: no wildcard of a rule matches them there. [MQTT-4.7.2-1] */
  readonly isOwn: boolean;
  steps: number;
}

/** Where rules stand after some levels of a topic. */
interface Place {
  /** Levels of the filter that are behind; a `#` stays before. */
  readonly depth: number;
  readonly named: readonly string[];
  readonly entries: readonly Entry[];
  /** The first rule that fits whatever follows. */
  readonly rest: Ending | undefined;
}

function searchFrom(search: Search, place: Place): string | undefined {
  const { levels, isOwn } = search;
  const { depth, named, entries } = place;
  search.steps += 1 + entries.length;
  const isStart = named.length === 0;
  const rest = isStart && isOwn ? place.rest : restOf(entries, place.rest);
  const until = rest?.order ?? Number.POSITIVE_INFINITY;
  const isAllowed = rest?.isAllowing === true;
  if (isAllowed && entries.every(({ node }) => node.firstDenying > until)) return undefined;
  const isForbidden = !isAllowed && entries.every(({ node }) => node.firstAllowing > until);
  if (isForbidden || search.steps > mostSteps) return topicFrom(named, levels.slice(depth));
  const next = levels[depth];
  const isEmptyTopic = named.length === 1 && named[0] === ''; // which is none [MQTT-4.7.3-1]
  const mayEnd = !isStart && (next === undefined || next === '#') && !isEmptyTopic;
  if (mayEnd && endOf(entries, rest)?.isAllowing !== true) return named.join('/');
  if (next === undefined) return undefined;
  const open = entries.filter(({ node }) => firstOf(node) < until);
  const goOn = (level: string): string | undefined => {
    const step = advance(open, level, isStart, isStart && isOwn, rest);
    return searchFrom(search, { depth: next === '#' ? depth : depth + 1, named: [...named, level], ...step });
  };
  if (next !== '+' && next !== '#') return goOn(next);
  const found = goOn(unnamedBy(open, isStart));
  if (found !== undefined) return found;
  const levelsWithDenial = namedWithDenial(open, isStart, until);
  search.steps += open.reduce((sum, { node }) => sum + node.literals.size, 0);
  for (const level of levelsWithDenial) {
    if (isStart && (level.startsWith('$') || (level === '' && levels.length === 1 && next === '+'))) continue;
    const denied = goOn(level);
    if (denied !== undefined) return denied;
  }
  return undefined;
}

/** One of the topics that begin so and go on as the filter does. */
function topicFrom(named: readonly string[], filter: readonly string[]): string {
  const levels = [...named, ...filter.filter((level) => level !== '#').map((level) => (level === '+' ? 'x' : level))];
  return levels.join('/') === '' ? [...levels, 'x'].join('/') : levels.join('/');
}

const earlier = (ending: Ending | undefined, before: Ending | undefined): Ending | undefined =>
  ending !== undefined && (before === undefined || ending.order < before.order) ? ending : before;

const restOf = (entries: readonly Entry[], before: Ending | undefined): Ending | undefined =>
  entries.reduce((best, { node }) => earlier(node.rests[0], best), before);

const endOf = (entries: readonly Entry[], before: Ending | undefined): Ending | undefined =>
  entries.reduce((best, { node }) => earlier(node.ends[0], best), before);

/** The rules that go on with one more level. */
function advance(
  entries: readonly Entry[],
  level: string,
  isFirst: boolean,
  isOwn: boolean,
  before: Ending | undefined,
): Pick<Place, 'entries' | 'rest'> {
  const next: Entry[] = [];
  let rest = before;
  const add = (node: RuleNode | undefined, values: Values): void => {
    if (node !== undefined) next.push({ node, values });
  };
  for (const { node, values } of entries) {
    add(node.literals.get(level), values);
    if (!isOwn) add(node.any, values);
    for (const branch of node.templates) {
      const { texts, isWhole } = renderLevel(branch.level, isFirst, values);
      if (!isWhole) rest = widened(branch.node, rest);
      if (texts.includes(level)) add(branch.node, values);
    }
  }
  return { entries: next, rest };
}

/** Texts on which a rule that denies goes on, beside what goes on with any. */
function namedWithDenial(entries: readonly Entry[], isFirst: boolean, until: number): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { node, values } of entries) {
    if (node.firstDenying > until) continue;
    for (const [level, { firstDenying }] of node.literals) if (firstDenying < until) found.add(level);
    for (const branch of node.templates)
      if (branch.node.firstDenying < until)
        for (const text of renderLevel(branch.level, isFirst, values).texts) found.add(text);
  }
  return found;
}

/** A text that stands in no rule here. */
function unnamedBy(entries: readonly Entry[], isFirst: boolean): string {
  const isNamed = (level: string): boolean =>
    entries.some(
      ({ node, values }) =>
        node.literals.has(level) ||
        node.templates.some((branch) => renderLevel(branch.level, isFirst, values).texts.includes(level)),
    );
  let level = 'x';
  for (let index = 1; isNamed(level); index += 1) level = `x${index}`;
  return level;
}
