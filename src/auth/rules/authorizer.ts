import { isDeepStrictEqual } from 'node:util';
import type { AccessVerdict } from '../../broker/access-verdict.ts';
import type { AuthorizedClient, Authorizer, BridgeGuard, PublishRequest } from '../../broker/ports.ts';
import { enrollResponseTopic, enrollTopic, reservedTopics } from '../../broker/reserved-topics.ts';
import { atOnce, nothing, type Prepared } from '../../kernel/prepared.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { parseSharedFilter } from '../../mqtt/topic.ts';
import type { Qos } from '../../plane/message.ts';
import type { OutsideAuthority } from '../outside/authority.ts';
import { type AskingClient, factsOf } from './client-facts.ts';
import { uncoveredBy } from './filter-cover.ts';
import { type HubAuthorizer, hubAuthorizer } from './hub-rules.ts';
import {
  type AuthorizerOptions,
  bridgeListener,
  isForHub,
  isForOthers,
  type RuleOptions,
  type RulesOptions,
} from './rule-options.ts';
import { type ClientRules, RuleSet } from './rule-set.ts';
import { firstEnding } from './topic-verdict.ts';

/** Who may do what, by the rules of the configuration, which may become others. */
export interface RulesAuthorizer extends Authorizer {
  /** A rule of the bridge is a client of its name, on the listener `nats`. */
  readonly guard: (rule: string) => BridgeGuard;
  /** For NATS clients of the hub. */
  readonly hub: HubAuthorizer;
  /** Rules that are the same are no change. */
  prepare(next: AuthorizerOptions): Prepared;
}

/**
 * The first rule that fits decides. Where none does somebody outside is asked, if there is one who can be; else it is denied.
 * What is the broker's own nobody gives away. To ask for a certificate takes no rule, as enrollment has its own; but a rule may
 * deny it. Without rules, and nobody to ask, all else is allowed.
 * @param outside who is asked now
 */
export function createAuthorizer(
  initial: AuthorizerOptions,
  outside: () => OutsideAuthority | undefined = () => undefined,
): RulesAuthorizer {
  let options = initial;
  let rules = rulesOf(options, isForOthers);
  let hubRules = hubRulesOf(options);
  let generation = 0;
  /** Outlive the rules: of a connection that is gone nothing more can be read. */
  const known = new WeakMap<AuthorizedClient, AskingClient>();
  const about = (set: RuleSet, client: AuthorizedClient): ClientRules =>
    set.of(client, () => {
      const facts = known.get(client) ?? factsOf(client);
      known.set(client, facts);
      return facts;
    });

  const publish = (client: AuthorizedClient, request: PublishRequest): AccessVerdict => {
    const own = reservedTopics.publish(client, request);
    const authority = outside();
    if (own !== undefined || (rules === undefined && authority === undefined)) return own;
    const { topic } = request;
    const ending = rules && firstEnding(about(rules, client).publish, topic, request);
    if (ending?.isAllowing ?? topic === enrollTopic) return undefined;
    if (ending !== undefined || authority === undefined) return `it may not publish to "${topic}"`;
    return () => authority.judge(client, { action: 'publish', ...request });
  };
  const subscribe = (client: AuthorizedClient, filter: string, qos: Qos): AccessVerdict => {
    const own = reservedTopics.subscribe(client, filter, qos);
    const authority = outside();
    if (own !== undefined || (rules === undefined && authority === undefined)) return own;
    const entries = rules === undefined ? [] : about(rules, client).subscribe;
    const isForIt = filter === enrollResponseTopic(client.clientId) && firstEnding(entries, filter) === undefined;
    const topic = parseSharedFilter(filter)?.filter ?? filter;
    if (isForIt || uncoveredBy(entries, topic) === undefined) return undefined;
    if (authority === undefined || uncoveredBy(entries, topic, 'allowed') !== undefined)
      return `it may not subscribe to "${filter}"`;
    return () => authority.judge(client, { action: 'subscribe', topic, qos, isRetained: false });
  };
  const receive = (client: AuthorizedClient, topic: string): string | undefined => {
    if (rules === undefined) return undefined;
    const ending = firstEnding(about(rules, client).receive, topic);
    return ending?.isAllowing === false ? `it may not receive "${topic}"` : undefined;
  };
  return {
    get generation() {
      return generation;
    },
    get before5() {
      return options.denied.before5;
    },
    get denialCode() {
      return options.denied.subscription === 'unspecified-error' ? reasonCodes.unspecifiedError : undefined;
    },
    publish,
    subscribe,
    get receive() {
      return rules?.deniesReceiving === true ? receive : undefined;
    },
    guard: (rule) => bridgeGuard(rule, (client) => rules && about(rules, client)),
    hub: hubAuthorizer(() => ({ rules: hubRules, generation }), about),
    prepare(next) {
      const isSame = isDeepStrictEqual(judging(next), judging(options));
      if (isSame && isDeepStrictEqual(next.denied, options.denied)) return nothing;
      const made = isSame ? rules : rulesOf(next, isForOthers);
      const madeForHub = isSame ? hubRules : hubRulesOf(next);
      return atOnce(() => {
        options = next;
        rules = made;
        hubRules = madeForHub;
        if (!isSame) generation += 1;
      });
    },
  };
}

/** @param rulesOf undefined where there are none */
function bridgeGuard(rule: string, rulesOf: (client: AuthorizedClient) => ClientRules | undefined): BridgeGuard {
  const client = bridgeClient(rule);
  return {
    mayPublish(request) {
      const entries = rulesOf(client)?.publish;
      return entries === undefined || firstEnding(entries, request.topic, request)?.isAllowing === true;
    },
    mayTake(topic) {
      const { subscribe, receive } = rulesOf(client) ?? {};
      if (subscribe === undefined || receive === undefined) return true;
      return firstEnding(subscribe, topic)?.isAllowing === true && firstEnding(receive, topic)?.isAllowing !== false;
    },
  };
}

const bridgeClient = (rule: string): AuthorizedClient => ({
  clientId: rule,
  principal: 'nats',
  trust: 'nats',
  attributes: undefined,
  peer: { listener: bridgeListener, protocol: 'mqtt', address: '', port: 0, tls: undefined },
});

/** What verdicts come from. */
const judging = ({ rules, groups, http, nats }: AuthorizerOptions) => ({
  rules,
  groups,
  outside: [http?.authorize, nats?.authorize],
});

/** Where there is any rule at all, none for somebody means that he may do nothing. */
const rulesOf = (options: RulesOptions, isMeant: (rule: RuleOptions) => boolean): RuleSet | undefined =>
  options.rules.length === 0 ? undefined : new RuleSet(options, isMeant);

/** Nobody outside is asked about them, so that where somebody could be, what no rule allows is denied as well. */
const hubRulesOf = (options: AuthorizerOptions): RuleSet | undefined =>
  options.http?.authorize === undefined && options.nats?.authorize === undefined
    ? rulesOf(options, isForHub)
    : new RuleSet(options, isForHub);
