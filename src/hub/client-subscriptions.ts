import type { ClientRights } from './client-rights.ts';
import type { HubContext } from './context.ts';
import { isValidSubject } from './subject.ts';
import { createSubscription, type HubSubscriber, type HubSubscription } from './subscription.ts';
import { quoted } from './text.ts';

const maxSubjectTokens = 255;

/** The subscriptions of one client, by its sid. */
export class ClientSubscriptions {
  readonly #owner: HubSubscriber;
  readonly #hub: HubContext;
  readonly #bySid = new Map<string, HubSubscription>();

  constructor(owner: HubSubscriber, hub: HubContext) {
    this.#owner = owner;
    this.#hub = hub;
  }

  /**
   * A sid that is in use keeps its first subscription.
   * @param rights of its owner; undefined: it may have all @returns the text of the -ERR, or undefined.
   */
  add(subject: string, queue: string | undefined, sid: string, rights: ClientRights | undefined): string | undefined {
    const { options, router, stats } = this.#hub;
    if (!isValidSubject(subject) || subject.split('.').length > maxSubjectTokens) return 'Invalid Subject';
    if (rights?.maySubscribe(subject) === false)
      return `Permissions Violation for Subscription to ${quoted(subject)}${queue === undefined ? '' : ` using queue ${quoted(queue)}`}`;
    if (this.#bySid.has(sid)) return undefined;
    if (this.#bySid.size >= options.maxSubscriptionsPerClient || stats.subscriptions >= options.maxSubscriptions)
      return 'maximum subscriptions exceeded';
    const subscription = createSubscription(this.#owner, subject, queue, sid);
    subscription.bars = rights?.barOf(subject);
    this.#bySid.set(sid, subscription);
    router.sublist.insert(subscription);
    stats.subscriptions += 1;
    return undefined;
  }

  /** @param max messages since it began, after which it ends; 0, or what it has had already, ends it at once. */
  limit(sid: string, max: number): void {
    const subscription = this.#bySid.get(sid);
    if (subscription === undefined) return;
    if (max > subscription.delivered) subscription.max = max;
    else this.close(subscription);
  }

  /** Closes those that the rights allow no more, one at a step. @returns the text of the -ERR, each time */
  *reconsider(rights: ClientRights): Generator<string | undefined> {
    for (const subscription of this.#bySid.values()) {
      const { subject, sid } = subscription;
      subscription.bars = rights.barOf(subject);
      const isAllowed = rights.maySubscribe(subject);
      if (!isAllowed) this.close(subscription);
      yield isAllowed ? undefined : `Permissions Violation for Subscription to ${quoted(subject)} (sid ${quoted(sid)})`;
    }
  }

  close(subscription: HubSubscription): void {
    if (subscription.isClosed) return;
    subscription.isClosed = true;
    this.#bySid.delete(subscription.sid);
    this.#hub.router.sublist.remove(subscription);
    this.#hub.stats.subscriptions -= 1;
  }

  closeAll(): void {
    for (const subscription of this.#bySid.values()) this.close(subscription);
  }
}
