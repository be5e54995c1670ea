import type { AuthorizedClient } from '../../broker/ports.ts';
import { uncoveredBy } from './filter-cover.ts';
import type { ClientRules, RuleSet } from './rule-set.ts';
import { firstEnding } from './topic-verdict.ts';

/** What NATS clients of the hub may do, by the topic or topic filter that a subject stands for; each says why not. */
export interface HubAuthorizer {
  /** See `Authorizer`. */
  readonly generation: number;
  /** False: they may do everything. */
  readonly hasRules: boolean;
  publish(client: AuthorizedClient, topic: string): string | undefined;
  subscribe(client: AuthorizedClient, filter: string): string | undefined;
  /** Undefined: whoever may subscribe may receive. */
  readonly receive: ((client: AuthorizedClient, topic: string) => string | undefined) | undefined;
}

/** How NATS publishes. */
const ofNats = { qos: 0, isRetained: false } as const;

/** @param now the rules that count; undefined where there are none */
export function hubAuthorizer(
  now: () => { readonly rules: RuleSet | undefined; readonly generation: number },
  about: (rules: RuleSet, client: AuthorizedClient) => ClientRules,
): HubAuthorizer {
  const rulesOf = (client: AuthorizedClient): ClientRules | undefined => {
    const { rules } = now();
    return rules && about(rules, client);
  };
  const receive = (client: AuthorizedClient, topic: string): string | undefined =>
    firstEnding(rulesOf(client)?.receive ?? [], topic)?.isAllowing === false
      ? `it may not receive "${topic}"`
      : undefined;
  return {
    get generation() {
      return now().generation;
    },
    get hasRules() {
      return now().rules !== undefined;
    },
    publish(client, topic) {
      const entries = rulesOf(client)?.publish;
      const isAllowed = entries === undefined || firstEnding(entries, topic, ofNats)?.isAllowing === true;
      return isAllowed ? undefined : `it may not publish to "${topic}"`;
    },
    subscribe(client, filter) {
      const entries = rulesOf(client)?.subscribe;
      const isAllowed = entries === undefined || uncoveredBy(entries, filter) === undefined;
      return isAllowed ? undefined : `it may not subscribe to "${filter}"`;
    },
    get receive() {
      return now().rules?.deniesReceiving === true ? receive : undefined;
    },
  };
}
