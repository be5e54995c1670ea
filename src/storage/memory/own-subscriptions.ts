import type { MatchedSubscription } from '../../broker/store-port.ts';

/**
 * The subscriptions of one client: a list of the few that most clients have, which is a sixth of a map, and a map where
 * there are more than `maxListed`. Not to be changed by others.
 */
export type OwnSubscriptions = readonly MatchedSubscription[] | Map<string, MatchedSubscription>;

const maxListed = 8;

export const countOf = (own: OwnSubscriptions): number => (own instanceof Map ? own.size : own.length);

export const ownByFilter = (own: OwnSubscriptions, filter: string): MatchedSubscription | undefined =>
  own instanceof Map ? own.get(filter) : own.find((one) => one.filter === filter);

/** One with the same filter is replaced, and keeps its place. */
export function withSubscription(own: OwnSubscriptions, added: MatchedSubscription): OwnSubscriptions {
  if (own instanceof Map) return own.set(added.filter, added);
  const at = own.findIndex((one) => one.filter === added.filter);
  if (at >= 0) return own.with(at, added);
  if (own.length < maxListed) return [...own, added];
  return new Map([...own, added].map((subscription) => [subscription.filter, subscription]));
}

export function withoutSubscription(own: OwnSubscriptions, filter: string): OwnSubscriptions {
  if (!(own instanceof Map)) return own.filter((one) => one.filter !== filter);
  own.delete(filter);
  return own;
}
