import { Memo } from '../kernel/memo.ts';
import { parseSharedFilter } from '../mqtt/topic.ts';
import { addTo, chosenFrom, deliverAll, deliverMerged, deliverShared } from './fan-out.ts';
import { Interest, type InterestWatcher } from './interest.ts';
import type { Message } from './message.ts';
import { SharedGroup } from './shared-group.ts';
import type { Subscriber, Subscription } from './subscription.ts';
import { deliver, type Target, targetOf } from './target.ts';
import { TopicIndex } from './topic-index.ts';

export type { InterestWatcher } from './interest.ts';
export type { Delivery, Subscriber, Subscription, SubscriptionOptions } from './subscription.ts';

/** Who gets a topic. */
interface Route {
  readonly targets: readonly Target[];
  /** Groups that have one of their members chosen for each message. */
  readonly groups: readonly SharedGroup[];
}

/** Which connected member of each shared group gets a message, by `$share/group/filter`. */
export type SharedChoice = ReadonlyMap<string, Subscription>;

const nobodyShares: SharedChoice = new Map();

/** Of routes that are remembered: some 100,000 topics that one client gets, or fewer that many get. */
const maxRouteBytes = 32 * 1024 * 1024;

/** A target has its subscriptions and what is to be done at each QoS. */
const bytesOf = ({ targets, groups }: Route): number => 100 + 150 * targets.length + 8 * groups.length;

/** Of the program itself. */
const isOwn = ({ subscriber }: Subscription): boolean => subscriber.clientId === undefined;

/** Decides who gets a topic: one index for MQTT clients and bridge alike, one delivery for each subscriber. */
export class Plane {
  readonly #index = new TopicIndex<Subscription | SharedGroup>();
  /** By topic name; forgotten where a subscription changes who gets the topic. */
  readonly #routes = new Memo<Route>(maxRouteBytes, bytesOf);
  /** By the whole filter; only those with a member. */
  readonly #groups = new Map<string, SharedGroup>();
  readonly #interest = new Interest(this.#index);
  #subscriptions = 0;

  /** What remembered routes occupy, roughly. */
  get routeBytes(): number {
    return this.#routes.bytes;
  }

  /** Live subscriptions, over all subscribers. */
  get subscriptions(): number {
    return this.#subscriptions;
  }

  /** See `Interest.watch`. */
  watch(filter: string, watcher: InterestWatcher): () => void {
    return this.#interest.watch(filter, watcher);
  }

  subscribe(subscription: Subscription): void {
    const shared = parseSharedFilter(subscription.filter);
    if (shared === undefined) this.#add(subscription.filter, subscription);
    else if (this.#groupFor(subscription.filter, shared.filter).join(subscription)) this.#subscriptions += 1;
  }

  unsubscribe(subscription: Subscription): void {
    const shared = parseSharedFilter(subscription.filter);
    if (shared === undefined) this.#remove(subscription.filter, subscription);
    else this.#leave(subscription, shared.filter);
  }

  /**
   * Delivers once to every subscriber with a matching filter, and to one member of every matching shared group; who is
   * concerned by both gets one delivery.
   * @param choice what `choose` said of the message; left out, the members are chosen now
   * @returns how many subscribers that were
   */
  route(message: Message, choice?: SharedChoice): number {
    const { targets, groups } = this.#routes.get(message.topic) ?? this.#find(message.topic);
    if (choice !== undefined && choice.size > 0) return deliverMerged(targets, [...choice.values()], message);
    if (choice === undefined && groups.length > 0) return deliverShared(targets, groups, message);
    return deliverAll(targets, message);
  }

  /**
   * Chooses the members that a message on this topic goes to, for a message that is stored before it is routed. Groups
   * without connected member are not in it: their members are known to the store alone.
   *
   * A member that leaves before `route` is given the message all the same, to have it rerouted or kept in its session.
   */
  choose(topic: string): SharedChoice {
    const { groups } = this.#routes.get(topic) ?? this.#find(topic);
    if (groups.length === 0) return nobodyShares;
    const choice = new Map<string, Subscription>();
    for (const subscription of chosenFrom(groups, topic)) choice.set(subscription.filter, subscription);
    return choice;
  }

  /**
   * Gives a message at QoS 1 that a member of a shared group did not acknowledge to another. Not for QoS 2, which waits
   * for its member [MQTT-4.8.2-5], and not for one that the member refused [MQTT-4.8.2-6].
   * @param sharedFilter `$share/group/filter`, one of `Delivery.shared`
   * @param exclude the member that had it
   * @returns false when no other member is connected
   */
  reroute(message: Message, sharedFilter: string, exclude: Subscriber): boolean {
    const target = this.#groups.get(sharedFilter)?.choose(message.topic, exclude);
    return target !== undefined && deliver(target, message);
  }

  /**
   * Gives a message that an ended session left behind to a member of its shared group that is ready for it.
   * @returns 'congested' where members are connected and none of them is ready
   */
  handOn(message: Message, sharedFilter: string): 'given' | 'congested' | 'nobody' {
    const target = this.#groups.get(sharedFilter)?.chooseReady(message.topic) ?? 'nobody';
    if (typeof target === 'string') return target;
    deliver(target, message);
    return 'given';
  }

  /** Who may receive what has changed. */
  reconsider(): void {
    this.#routes.clear();
  }

  #groupFor(sharedFilter: string, filter: string): SharedGroup {
    const known = this.#groups.get(sharedFilter);
    if (known !== undefined) return known;
    const group = new SharedGroup(sharedFilter);
    this.#groups.set(sharedFilter, group);
    this.#index.add(filter, group);
    this.#interest.added(filter, false);
    this.#forgetRoutes(filter);
    return group;
  }

  #leave(subscription: Subscription, filter: string): void {
    const group = this.#groups.get(subscription.filter);
    if (group?.leave(subscription) !== true) return;
    this.#subscriptions -= 1;
    if (group.size > 0) return;
    this.#groups.delete(group.filter);
    this.#index.remove(filter, group);
    this.#interest.removed(filter, false);
    this.#forgetRoutes(filter);
  }

  #add(filter: string, subscription: Subscription): void {
    if (!this.#index.add(filter, subscription)) return;
    this.#subscriptions += 1;
    this.#interest.added(filter, isOwn(subscription));
    this.#forgetRoutes(filter);
  }

  #remove(filter: string, subscription: Subscription): void {
    if (!this.#index.remove(filter, subscription)) return;
    this.#subscriptions -= 1;
    this.#interest.removed(filter, isOwn(subscription));
    this.#forgetRoutes(filter);
  }

  /** A filter without wildcards concerns one topic; a device that comes and goes must not cost all others theirs. */
  #forgetRoutes(filter: string): void {
    if (filter.includes('+') || filter.includes('#')) this.#routes.clear();
    else this.#routes.delete(filter);
  }

  #find(topic: string): Route {
    const bySubscriber = new Map<Subscriber, Subscription[]>();
    const groups: SharedGroup[] = [];
    this.#index.match(topic, (found) => {
      if (found instanceof SharedGroup) groups.push(found);
      else if (found.subscriber.mayReceive?.(topic) !== false) addTo(bySubscriber, found);
    });
    const targets = Array.from(bySubscriber, ([subscriber, subscriptions]) => targetOf(subscriber, subscriptions));
    const route = { targets, groups };
    this.#routes.set(topic, route);
    return route;
  }
}
