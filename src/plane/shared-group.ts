import type { Subscriber, Subscription } from './subscription.ts';
import { type Target, targetOf } from './target.ts';

interface Member {
  readonly subscription: Subscription;
  readonly target: Target;
}

/**
 * The connected members of one `$share/group/filter`, who get its messages in turn: each message goes to exactly one of
 * them. [MQTT 5, 4.8.2]
 */
export class SharedGroup {
  /** The whole filter, `$share` and group included. */
  readonly filter: string;
  #members: Member[] = [];
  /** Whose turn it is. */
  #turn = 0;

  constructor(filter: string) {
    this.filter = filter;
  }

  get size(): number {
    return this.#members.length;
  }

  /**
   * A subscriber is a member once: a second subscription takes the place of its first. [MQTT-3.8.4-3]
   * @returns whether it is new here
   */
  join(subscription: Subscription): boolean {
    const { subscriber } = subscription;
    const member = { subscription, target: targetOf(subscriber, [subscription]) };
    const at = this.#members.findIndex((other) => other.subscription.subscriber === subscriber);
    if (at === -1) this.#members.push(member);
    else this.#members[at] = member;
    return at === -1;
  }

  /** @returns false when it was no member, or is one by a later subscription. */
  leave(subscription: Subscription): boolean {
    const at = this.#members.findIndex((member) => member.subscription === subscription);
    if (at === -1) return false;
    this.#members.splice(at, 1);
    if (at < this.#turn) this.#turn -= 1;
    return true;
  }

  /**
   * Whose turn it is: the next member that can take a message, or just the next one where none can. Members that are gone
   * are passed over: two of them would hand a message to each other for ever.
   * @param exclude is passed over too
   * @returns undefined where there is no other
   */
  choose(exclude?: Subscriber): Target | undefined {
    const count = this.#members.length;
    let congested = -1;
    for (let step = 0; step < count; step += 1) {
      const at = (this.#turn + step) % count;
      const { target } = this.#members[at]!;
      if (target.subscriber === exclude || target.subscriber.isGone?.() === true) continue;
      if (target.subscriber.canTake?.() !== false) return this.#take(at);
      if (congested === -1) congested = at;
    }
    return congested === -1 ? undefined : this.#take(congested);
  }

  #take(at: number): Target | undefined {
    this.#turn = at + 1;
    return this.#members[at]?.target;
  }
}
