import type { Subscriber, Subscription } from './subscription.ts';
import { type Target, targetOf } from './target.ts';

interface Member {
  readonly subscription: Subscription;
  readonly target: Target;
}

/** Places of members that left; fewer are not worth closing up. */
const maxEmpty = 32;

/**
 * The connected members of one `$share/group/filter`, who get its messages in turn: each message goes to exactly one of
 * them. [MQTT 5, 4.8.2]
 */
export class SharedGroup {
  /** The whole filter, `$share` and group included. */
  readonly filter: string;
  /** In the order in which they joined; those that left stand empty until there are many. */
  #members: (Member | undefined)[] = [];
  readonly #places = new Map<Subscriber, number>();
  /** Whose turn it is. */
  #turn = 0;

  constructor(filter: string) {
    this.filter = filter;
  }

  get size(): number {
    return this.#places.size;
  }

  /**
   * A subscriber is a member once: a second subscription takes the place of its first. [MQTT-3.8.4-3]
   * @returns whether it is new here
   */
  join(subscription: Subscription): boolean {
    const { subscriber } = subscription;
    const place = this.#places.get(subscriber);
    const at = place ?? this.#members.length;
    this.#members[at] = { subscription, target: targetOf(subscriber, [subscription]) };
    if (place === undefined) this.#places.set(subscriber, at);
    return place === undefined;
  }

  /** @returns false when it was no member, or is one by a later subscription. */
  leave(subscription: Subscription): boolean {
    const at = this.#places.get(subscription.subscriber);
    if (at === undefined || this.#members[at]?.subscription !== subscription) return false;
    this.#members[at] = undefined;
    this.#places.delete(subscription.subscriber);
    if (this.#members.length > maxEmpty && this.#members.length > 2 * this.#places.size) this.#closeUp();
    return true;
  }

  /**
   * Whose turn it is: the next member that can take a message, or just the next one where none can. Members that are gone
   * are passed over: two of them would hand a message to each other for ever. So are those that may not have the topic.
   * @param exclude is passed over too
   * @returns undefined where there is no other
   */
  choose(topic: string, exclude?: Subscriber): Target | undefined {
    const count = this.#members.length;
    let congested = -1;
    for (let step = 0; step < count; step += 1) {
      const at = (this.#turn + step) % count;
      const target = this.#members[at]?.target;
      if (target === undefined) continue;
      if (target.subscriber === exclude || isBarred(target.subscriber, topic)) continue;
      if (target.subscriber.canTake?.() !== false) return this.#take(at);
      if (congested === -1) congested = at;
    }
    return congested === -1 ? undefined : this.#take(congested);
  }

  /**
   * The next member that a message may be given to however many there are: it can take one, or keeps what it is given.
   * @returns 'congested' where there are members and none of them is ready, undefined where there are none
   */
  chooseReady(topic: string): Target | 'congested' | undefined {
    const count = this.#members.length;
    let isAnybodyHere = false;
    for (let step = 0; step < count; step += 1) {
      const at = (this.#turn + step) % count;
      const subscriber = this.#members[at]?.target.subscriber;
      if (subscriber === undefined || isBarred(subscriber, topic)) continue;
      if (subscriber.canTake?.() !== false || subscriber.canKeep?.() === true) return this.#take(at);
      isAnybodyHere = true;
    }
    return isAnybodyHere ? 'congested' : undefined;
  }

  #take(at: number): Target | undefined {
    this.#turn = at + 1;
    return this.#members[at]?.target;
  }

  #closeUp(): void {
    const isHere = (member: Member | undefined): member is Member => member !== undefined;
    this.#turn = this.#members.slice(0, this.#turn).filter(isHere).length;
    const members = this.#members.filter(isHere);
    for (const [at, { subscription }] of members.entries()) this.#places.set(subscription.subscriber, at);
    this.#members = members;
  }
}

const isBarred = (subscriber: Subscriber, topic: string): boolean =>
  subscriber.isGone?.() === true || subscriber.mayReceive?.(topic) === false;
