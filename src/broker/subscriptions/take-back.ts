import type { RequestedSubscription } from '../../mqtt/read-subscribe.ts';
import type { SubscribeAnswer } from './subscribe-answer.ts';
import type { SubscriptionTable } from './subscription-table.ts';

/** The store did not take what was granted: it stands nowhere, and what was kept free for it is free again. */
export function takeBack(
  granted: Map<string, RequestedSubscription>,
  { answer, filters, failure, table }: TakingBack,
): void {
  answer.failed(filters, granted, failure);
  for (const filter of granted.keys()) if (table.get(filter) === undefined) table.release(filter);
  granted.clear();
}

interface TakingBack {
  readonly answer: SubscribeAnswer;
  /** Those of the packet, in their order. */
  readonly filters: Iterable<RequestedSubscription>;
  /** The reason code. */
  readonly failure: number;
  readonly table: Pick<SubscriptionTable, 'get' | 'release'>;
}
