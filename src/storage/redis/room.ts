import type { StoreDeps } from '../drop.ts';
import { requireSubscriptionRoom, storeRefused } from '../limits.ts';
import type { StoreLimits } from '../schema.ts';
import { asNumber, type Reply } from './round-trip.ts';

/** Of the whole store, for what Redis looks at when a record is written. */
export interface StoreRoom {
  readonly maxBytes: number;
  /** @throws StoreError store-full, when the answer says so; an answer that was lost does not */
  readonly require: (reply: Reply) => void;
  /** @throws StoreError store-full */
  readonly refuse: () => never;
  /** Of subscriptions, which every node has in memory. @throws StoreError store-full */
  readonly requireSubscriptions: (clientId: string, size: { readonly held: number; readonly more: number }) => void;
}

export function roomOf(limits: StoreLimits, { onDropped }: Pick<StoreDeps, 'onDropped'>): StoreRoom {
  const refuse = (): never => {
    onDropped({ reason: 'refused' });
    throw storeRefused(limits);
  };
  const require = (reply: Reply): void => {
    if (reply !== null && asNumber(reply) === 0) refuse();
  };
  return {
    maxBytes: limits.maxBytes,
    require,
    refuse,
    requireSubscriptions: (clientId, size) => requireSubscriptionRoom(clientId, size, limits, { onDropped }),
  };
}
