import type { MatchedSubscription, StoredSubscription } from '../../broker/session-store.ts';
import { parseSharedFilter } from '../../mqtt/topic.ts';
import { TopicIndex } from '../../plane/topic-index.ts';

/** Subscriptions of all sessions, by client and by topic. */
export class Subscriptions {
  readonly #byClient = new Map<string, Map<string, MatchedSubscription>>();
  /** Those at QoS 1 and 2: only for them messages are queued. */
  readonly #index = new TopicIndex<MatchedSubscription>();

  /** Sessions that have a subscription. */
  get clients(): number {
    return this.#byClient.size;
  }

  /** Subscriptions at any QoS. */
  get total(): number {
    let total = 0;
    for (const own of this.#byClient.values()) total += own.size;
    return total;
  }

  /** Subscriptions at QoS 1 and 2. */
  get queueing(): number {
    return this.#index.size;
  }

  add(clientId: string, subscriptions: readonly StoredSubscription[]): void {
    if (subscriptions.length === 0) return;
    let own = this.#byClient.get(clientId);
    if (own === undefined) this.#byClient.set(clientId, (own = new Map()));
    for (const { topic, qos, rh, rap, nl, subscriptionIdentifier } of subscriptions) {
      this.#unindex(own.get(topic));
      const identifier = subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier };
      const subscription = { clientId, topic, qos, rh, rap, nl, ...identifier };
      own.set(topic, subscription);
      if (qos > 0) this.#index.add(matchedFilter(topic), subscription);
    }
  }

  remove(clientId: string, filters: readonly string[]): void {
    const own = this.#byClient.get(clientId);
    if (own === undefined) return;
    for (const filter of filters) {
      this.#unindex(own.get(filter));
      own.delete(filter);
    }
    if (own.size === 0) this.#byClient.delete(clientId);
  }

  removeAll(clientId: string): void {
    for (const subscription of this.#byClient.get(clientId)?.values() ?? []) this.#unindex(subscription);
    this.#byClient.delete(clientId);
  }

  of(clientId: string): StoredSubscription[] {
    return Array.from(this.#byClient.get(clientId)?.values() ?? [], withoutClient);
  }

  /** The subscriptions at QoS 1 and 2 that match; not to be changed. */
  match(topic: string): readonly MatchedSubscription[] {
    if (this.#index.size === 0) return none;
    const found: MatchedSubscription[] = [];
    this.#index.match(topic, (subscription) => found.push(subscription));
    return found;
  }

  /** Ids of the clients that subscribed to exactly this filter. */
  *clientsOf(filter: string): Generator<string, void> {
    for (const [clientId, own] of this.#byClient) if (own.has(filter)) yield clientId;
  }

  #unindex(subscription: MatchedSubscription | undefined): void {
    if (subscription !== undefined && subscription.qos > 0) this.#index.remove(matchedFilter(subscription.topic), subscription);
  }
}

const none: readonly MatchedSubscription[] = [];

/** What is compared with topic names: of `$share/group/filter` the filter. */
const matchedFilter = (filter: string): string => parseSharedFilter(filter)?.filter ?? filter;

function withoutClient({ clientId: _clientId, ...subscription }: MatchedSubscription): StoredSubscription {
  return subscription;
}
