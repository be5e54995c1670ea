import type { Message } from './message.ts';
import type { SharedGroup } from './shared-group.ts';
import type { Subscriber, Subscription } from './subscription.ts';
import { deliver, type Target, targetOf } from './target.ts';

/** Gathers subscriptions by whose they are. */
export function addTo(bySubscriber: Map<Subscriber, Subscription[]>, subscription: Subscription): void {
  const others = bySubscriber.get(subscription.subscriber);
  if (others === undefined) bySubscriber.set(subscription.subscriber, [subscription]);
  else others.push(subscription);
}

/** @returns how many subscribers got the message; so do the others here. */
export function deliverAll(targets: readonly Target[], message: Message): number {
  let count = 0;
  for (const target of targets) if (deliver(target, message)) count += 1;
  return count;
}

/** Whose turn it is in each group. */
export const chosenFrom = (groups: readonly SharedGroup[], topic: string): Subscription[] =>
  groups.flatMap((group) => group.choose(topic)?.subscriptions ?? []);

/** To every target, and to one member of every group. */
export function deliverShared(targets: readonly Target[], groups: readonly SharedGroup[], message: Message): number {
  const [group] = groups;
  if (group === undefined || groups.length > 1)
    return deliverMerged(targets, chosenFrom(groups, message.topic), message);
  const chosen = group.choose(message.topic);
  if (chosen === undefined) return deliverAll(targets, message);
  for (const { subscriber } of targets)
    if (subscriber === chosen.subscriber) return deliverMerged(targets, chosen.subscriptions, message);
  return deliverAll(targets, message) + (deliver(chosen, message) ? 1 : 0);
}

/**
 * To every target and every chosen member. Who is chosen by several groups, or has an ordinary subscription as well, gets
 * one delivery for all.
 */
export function deliverMerged(targets: readonly Target[], chosen: readonly Subscription[], message: Message): number {
  const bySubscriber = new Map<Subscriber, Subscription[]>();
  for (const subscription of chosen) addTo(bySubscriber, subscription);
  let count = 0;
  for (const target of targets) {
    const more = bySubscriber.get(target.subscriber);
    bySubscriber.delete(target.subscriber);
    const merged = more === undefined ? target : targetOf(target.subscriber, [...target.subscriptions, ...more]);
    if (deliver(merged, message)) count += 1;
  }
  for (const [subscriber, subscriptions] of bySubscriber)
    if (deliver(targetOf(subscriber, subscriptions), message)) count += 1;
  return count;
}
