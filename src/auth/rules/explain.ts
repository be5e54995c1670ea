import type { AuthorizedClient } from '../../broker/ports.ts';
import { parseSharedFilter } from '../../mqtt/topic.ts';
import { type AskingClient, factsOf } from './client-facts.ts';
import { uncoveredBy } from './filter-cover.ts';
import type { Rule } from './rule.ts';
import { type Action, type AuthorizerOptions, hubListener, isForHub, isForOthers } from './rule-options.ts';
import { RuleSet } from './rule-set.ts';
import { treeOf } from './rule-tree.ts';
import { firstEnding, type Publishing } from './topic-verdict.ts';

export interface AccessQuestion {
  readonly action: Action;
  /** A topic filter with `subscribe`. */
  readonly topic: string;
  readonly publishing: Publishing;
}

export interface AccessExplanation {
  /** By rules; false where others are asked. */
  readonly isAllowed: boolean;
  /** Settings of those who are asked, one after the other, as no rule decides. */
  readonly asks: readonly string[];
  /** Of a subscription that is denied: one of its topics that no rule allows. */
  readonly uncovered: string | undefined;
  /** Its place in the list, from 0; undefined where no rule decides, or many do. */
  readonly decidedBy: number | undefined;
  /** Why rules before the deciding one did not, by their places. */
  readonly passedOver: readonly { readonly order: number; readonly why: string }[];
}

/** Which rule decides what a client may do, and why none before it. Topics of the broker itself are not looked at. */
export function explainAccess(
  options: Omit<AuthorizerOptions, 'denied'>,
  client: AuthorizedClient,
  { action, topic, publishing }: AccessQuestion,
): AccessExplanation {
  const facts = factsOf(client);
  const isOfHub = facts.listener === hubListener;
  const set = new RuleSet(options, isOfHub ? isForHub : isForOthers);
  const entries = set.about(facts)[action];
  const how = action === 'publish' ? publishing : undefined;
  const plain = action === 'subscribe' ? (parseSharedFilter(topic)?.filter ?? topic) : topic;
  const outside = action === 'receive' || isOfHub ? [] : outsideOf(options);
  const unallowed = action === 'subscribe' ? uncoveredBy(entries, plain) : undefined;
  const forbidden = outside.length === 0 ? unallowed : unallowed && uncoveredBy(entries, plain, 'allowed');
  const uncovered = forbidden ?? unallowed;
  const isWild = action === 'subscribe' && /[+#]/.test(plain);
  const looked = uncovered ?? plain;
  const ending = isWild && uncovered === undefined ? undefined : firstEnding(entries, looked, how);
  const asks = (action === 'subscribe' ? unallowed !== undefined && forbidden === undefined : ending === undefined)
    ? outside
    : [];
  const isOpen = options.rules.length === 0 && outsideOf(options).length === 0;
  const isAllowed =
    isOpen || (action === 'subscribe' ? uncovered === undefined : (ending?.isAllowing ?? action === 'receive'));
  const before = isWild && uncovered === undefined ? 0 : (ending?.order ?? options.rules.length);
  const meant = new Map(set.rules.map((rule) => [rule.order, rule]));
  const passedOver = options.rules.slice(0, before).map((_, order) => {
    const rule = meant.get(order);
    return { order, why: rule === undefined ? unmeant(isOfHub) : whyNot(set, rule, facts, action, looked, how) };
  });
  return { isAllowed, asks, uncovered: isWild ? uncovered : undefined, decidedBy: ending?.order, passedOver };
}

const outsideOf = ({ http, nats }: Pick<AuthorizerOptions, 'http' | 'nats'>): readonly string[] => [
  ...(http?.authorize === undefined ? [] : ['access.http.authorize']),
  ...(nats?.authorize === undefined ? [] : ['access.nats.authorize']),
];

const unmeant = (isOfHub: boolean): string =>
  isOfHub ? `it does not name the listener ${hubListener}` : `it is about the listener ${hubListener} alone`;

function whyNot(
  set: RuleSet,
  rule: Rule,
  facts: AskingClient,
  action: Action,
  topic: string,
  publishing: Publishing | undefined,
): string {
  if (!rule.actions.includes(action)) return `it is about ${rule.actions.join(' and ')}`;
  const judgement = set.judge(rule, facts);
  if (judgement.kind === 'unfit') return judgement.why;
  const node = treeOf([{ ...rule, qos: undefined, isRetained: undefined }], action);
  const values = { facts, captures: judgement.captures };
  const matches = node !== undefined && firstEnding([{ node, values }], topic, publishing) !== undefined;
  if (!matches) return `none of its topics matches "${topic}"`;
  return 'it asks for another QoS or retain flag';
}
