import type { MatchedSubscription, StoredSubscription } from '../../broker/store-port.ts';
import { parseSharedFilter } from '../../mqtt/topic.ts';
import { TopicIndex } from '../../plane/topic-index.ts';
import { subscriptionBytes } from '../limits.ts';
import {
  countOf,
  type OwnSubscriptions,
  ownByFilter,
  withoutSubscription,
  withSubscription,
} from './own-subscriptions.ts';

/** Subscriptions of all sessions, by client and by topic. */
export class MemorySubscriptions {
  readonly #byClient = new Map<string, OwnSubscriptions>();
  /** Those at QoS 1 and 2: only for them messages are queued. */
  readonly #index = new TopicIndex<MatchedSubscription>();
  #total = 0;
  #bytes = 0;

  /** Subscriptions at any QoS. */
  get total(): number {
    return this.#total;
  }

  /** What they count for in `store.maxBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  add(clientId: string, subscriptions: readonly StoredSubscription[]): void {
    for (const subscription of subscriptions) this.#put(matched(clientId, subscription));
  }

  /** @returns bytes that these would add; those that take the place of others add none */
  growthOf(clientId: string, added: readonly StoredSubscription[]): number {
    const own = this.#byClient.get(clientId);
    return added.reduce(
      (sum, one) =>
        own !== undefined && ownByFilter(own, one.filter) !== undefined ? sum : sum + subscriptionBytes(one),
      0,
    );
  }

  remove(clientId: string, filters: readonly string[]): void {
    let own = this.#byClient.get(clientId);
    if (own === undefined) return;
    for (const filter of filters) {
      const removed = ownByFilter(own, filter);
      if (removed === undefined) continue;
      this.#unindex(removed);
      own = withoutSubscription(own, filter);
      this.#total -= 1;
      this.#bytes -= subscriptionBytes(removed);
    }
    if (countOf(own) === 0) this.#byClient.delete(clientId);
    else this.#byClient.set(clientId, own);
  }

  removeAll(clientId: string): void {
    const own = this.#byClient.get(clientId);
    if (own === undefined) return;
    for (const subscription of own.values()) {
      this.#unindex(subscription);
      this.#bytes -= subscriptionBytes(subscription);
    }
    this.#total -= countOf(own);
    this.#byClient.delete(clientId);
  }

  find(clientId: string, filter: string): StoredSubscription | undefined {
    const own = this.#byClient.get(clientId);
    const found = own === undefined ? undefined : ownByFilter(own, filter);
    return found === undefined ? undefined : withoutClient(found);
  }

  filtersOf(clientId: string): readonly string[] {
    const own = this.#byClient.get(clientId);
    return own === undefined ? noFilters : Array.from(own.values(), ({ filter }) => filter);
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

  #put(subscription: MatchedSubscription): void {
    const { clientId, filter, qos } = subscription;
    const own = this.#byClient.get(clientId);
    const before = own === undefined ? undefined : ownByFilter(own, filter);
    if (before === undefined) {
      this.#total += 1;
      this.#bytes += subscriptionBytes(subscription);
    } else this.#unindex(before);
    this.#byClient.set(clientId, own === undefined ? [subscription] : withSubscription(own, subscription));
    if (qos > 0) this.#index.add(matchedFilter(filter), subscription);
  }

  #unindex(subscription: MatchedSubscription): void {
    if (subscription.qos > 0) this.#index.remove(matchedFilter(subscription.filter), subscription);
  }
}

const none: readonly MatchedSubscription[] = [];
const noFilters: readonly string[] = [];

/** What is compared with topic names: of `$share/group/filter` the filter. */
const matchedFilter = (filter: string): string => parseSharedFilter(filter)?.filter ?? filter;

/** Spelled out, as there are many. */
function matched(clientId: string, subscription: StoredSubscription): MatchedSubscription {
  const { filter, qos, retainHandling, retainAsPublished, noLocal, identifier } = subscription;
  return identifier === undefined
    ? { clientId, filter, qos, retainHandling, retainAsPublished, noLocal }
    : { clientId, filter, qos, retainHandling, retainAsPublished, noLocal, identifier };
}

function withoutClient({ clientId: _clientId, ...subscription }: MatchedSubscription): StoredSubscription {
  return subscription;
}
