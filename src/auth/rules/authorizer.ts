import { isDeepStrictEqual } from 'node:util';
import type { AuthorizedClient, Authorizer, BridgeGuard, PublishRequest } from '../../broker/ports.ts';
import { enrollResponseTopic, enrollTopic, reservedTopics } from '../../broker/reserved-topics.ts';
import { atOnce, nothing, type Prepared } from '../../kernel/prepared.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { parseSharedFilter } from '../../mqtt/topic.ts';
import type { Qos } from '../../plane/message.ts';
import { type AskingClient, factsOf } from './client-facts.ts';
import { uncoveredBy } from './filter-cover.ts';
import { type Action, bridgeListener, type RulesOptions } from './rule-options.ts';
import { type ClientRules, RuleSet } from './rule-set.ts';
import { firstEnding } from './topic-verdict.ts';

/** Who may do what, by the rules of the configuration, which may become others. */
export interface RulesAuthorizer extends Authorizer {
  /** A rule of the bridge is a client of its name, on the listener `nats`. */
  readonly guard: (rule: string) => BridgeGuard;
  /** Rules that are the same are no change. */
  prepare(next: RulesOptions): Prepared;
}

/**
 * The first rule that fits decides, and where none does it is denied. What is the broker's own no rule gives away. To ask
 * for a certificate takes no rule, as enrollment has its own; but a rule may deny it. Without rules all else is allowed.
 */
export function createAuthorizer(initial: RulesOptions): RulesAuthorizer {
  let options = initial;
  let rules = rulesOf(options);
  let generation = 0;
  /** Outlive the rules: of a connection that is gone nothing more can be read. */
  const known = new WeakMap<AuthorizedClient, AskingClient>();
  const about = (set: RuleSet, client: AuthorizedClient): ClientRules =>
    set.of(client, () => {
      const facts = known.get(client) ?? factsOf(client);
      known.set(client, facts);
      return facts;
    });

  const publish = (client: AuthorizedClient, request: PublishRequest): string | undefined => {
    const own = reservedTopics.publish(client, request);
    if (own !== undefined || rules === undefined) return own;
    const { topic } = request;
    const ending = firstEnding(about(rules, client).publish, topic, request);
    return (ending?.isAllowing ?? topic === enrollTopic) ? undefined : `it may not publish to "${topic}"`;
  };
  const subscribe = (client: AuthorizedClient, filter: string, qos: Qos): string | undefined => {
    const own = reservedTopics.subscribe(client, filter, qos);
    if (own !== undefined || rules === undefined) return own;
    const entries = about(rules, client).subscribe;
    const isForIt = filter === enrollResponseTopic(client.clientId) && firstEnding(entries, filter) === undefined;
    if (isForIt || uncoveredBy(entries, parseSharedFilter(filter)?.filter ?? filter) === undefined) return undefined;
    return `it may not subscribe to "${filter}"`;
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
    guard(rule) {
      const client = bridgeClient(rule);
      const find = (action: Action, topic: string, request?: PublishRequest): boolean | undefined =>
        rules && firstEnding(about(rules, client)[action], topic, request)?.isAllowing;
      return {
        mayPublish: (request) => rules === undefined || find('publish', request.topic, request) === true,
        mayTake: (topic) =>
          rules === undefined || (find('subscribe', topic) === true && find('receive', topic) !== false),
      };
    },
    prepare(next) {
      const isSame = isDeepStrictEqual(ruleOptions(next), ruleOptions(options));
      if (isSame && isDeepStrictEqual(next.denied, options.denied)) return nothing;
      const made = isSame ? rules : rulesOf(next);
      return atOnce(() => {
        options = next;
        rules = made;
        if (!isSame) generation += 1;
      });
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

const ruleOptions = ({ rules, groups }: RulesOptions) => ({ rules, groups });

const rulesOf = (options: RulesOptions): RuleSet | undefined =>
  options.rules.length === 0 ? undefined : new RuleSet(options);
