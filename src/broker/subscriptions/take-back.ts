import type { RequestedSubscription } from '../../mqtt/read-subscribe.ts';
import type { SubscriptionTable } from './subscription-table.ts';

/**
 * The store did not take what was granted.
 * @param requested as they came, each with its code @param code for those
 */
export function takeBack(
  granted: Map<string, RequestedSubscription>,
  requested: Iterable<RequestedSubscription>,
  codes: Uint8Array,
  code: number,
  table: Pick<SubscriptionTable, 'get' | 'release'>,
): void {
  let index = 0;
  for (const { filter } of requested) {
    if (granted.has(filter)) codes[index] = code;
    index += 1;
  }
  for (const filter of granted.keys()) if (table.get(filter) === undefined) table.release(filter);
  granted.clear();
}
