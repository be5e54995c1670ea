import type { MatchedSubscription, StoredSubscription } from '../../broker/session-store.ts';
import { parseSharedFilter } from '../../mqtt/topic.ts';
import { TopicIndex } from '../../plane/topic-index.ts';

/** Subscriptions of all sessions, by client and by topic. */
export class Subscriptions {
  readonly #byClient = new Map<string, Map<string, MatchedSubscription>>();
  /** Those at QoS 1 and 2: only for them messages are queued. */
  readonly #index = new TopicIndex<MatchedSubscription>();
  #total = 0;

  /** Sessions that have a subscription. */
  get clients(): number {
    return this.#byClient.size;
  }

  /** Subscriptions at any QoS. */
  get total(): number {
    return this.#total;
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
      const before = own.get(topic);
      this.#unindex(before);
      if (before === undefined) this.#total += 1;
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
      if (own.delete(filter)) this.#total -= 1;
    }
    if (own.size === 0) this.#byClient.delete(clientId);
  }

  removeAll(clientId: string): void {
    const own = this.#byClient.get(clientId);
    for (const subscription of own?.values() ?? []) this.#unindex(subscription);
    this.#total -= own?.size ?? 0;
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

  /** Ids of the clients that have a subscription; they may change meanwhile. */
  clientIds(): Iterable<string> {
    return this.#byClient.keys();
  }

  /** Ids of the clients that subscribed to exactly this filter. */
  *clientsOf(filter: string): Generator<string, void> {
    for (const [clientId, own] of this.#byClient) if (own.has(filter)) yield clientId;
  }

  #unindex(subscription: MatchedSubscription | undefined): void {
    if (subscription !== undefined && subscription.qos > 0)
      this.#index.remove(matchedFilter(subscription.topic), subscription);
  }
}

const none: readonly MatchedSubscription[] = [];

/** What is compared with topic names: of `$share/group/filter` the filter. */
const matchedFilter = (filter: string): string => parseSharedFilter(filter)?.filter ?? filter;

function withoutClient({ clientId: _clientId, ...subscription }: MatchedSubscription): StoredSubscription {
  return subscription;
}
