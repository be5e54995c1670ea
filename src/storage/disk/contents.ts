import type { StoreError } from '../../kernel/errors.ts';
import type { StoreDeps } from '../drop.ts';
import { MemorySubscriptions } from '../memory/memory-subscriptions.ts';
import type { StoreLimits } from '../schema.ts';
import { DiskExchanges } from './disk-exchanges.ts';
import { DiskWills } from './disk-wills.ts';
import { Batch, type Durability } from './files/batch.ts';
import type { Environment } from './files/environment.ts';
import { DiskQueues } from './queues/disk-queues.ts';
import { Numbers } from './queues/numbers.ts';
import { Owners } from './queues/owners.ts';
import { DiskRetained } from './retained/disk-retained.ts';
import { decodeSubscription } from './subscription-record.ts';

/** What the store holds, as the last call left it: what must be answered at once in memory, the rest on disk. */
export interface Contents {
  readonly batch: Batch;
  readonly owners: Owners;
  readonly numbers: Numbers;
  readonly subscriptions: MemorySubscriptions;
  readonly queues: DiskQueues;
  readonly inbound: DiskExchanges;
  readonly wills: DiskWills;
  readonly retained: DiskRetained;
}

export interface ContentsOptions {
  readonly limits: StoreLimits;
  readonly durability: Durability;
  /** A commit failed: these contents are wrong, and are to be loaded again. */
  readonly onFailed: (error: StoreError) => void;
  readonly onFlushFailed: (error: StoreError) => void;
}

/** Reads back what is on disk. @throws StoreError store-damaged */
export function loadContents(environment: Environment, options: ContentsOptions, deps: StoreDeps): Contents {
  const batch = new Batch({
    environment,
    durability: options.durability,
    onFailed: options.onFailed,
    onFlushFailed: options.onFlushFailed,
    onCommit() {
      owners.writeSizes();
      retained.writeSize();
    },
  });
  const numbers = new Numbers(environment, batch);
  const owners = new Owners(batch, numbers);
  const total = owners.load(environment);
  const subscriptions = new MemorySubscriptions();
  let filter = '';
  environment.visit('subscriptions', (number, value) => {
    const owner = owners.byNumber(number);
    if (owner === undefined) return;
    const subscription = decodeSubscription(value, filter);
    subscriptions.add(owner.clientId, [subscription]);
    filter = subscription.filter;
  });
  const queues = new DiskQueues(options.limits.queue, { ...deps, environment, batch, owners, numbers });
  Object.assign(queues.total, total);
  const retained = new DiskRetained(options.limits, { ...deps, environment, batch });
  const inbound = new DiskExchanges(environment, batch, options.limits.exchanges, deps);
  const wills = new DiskWills(environment, batch);
  return { batch, owners, numbers, subscriptions, queues, inbound, wills, retained };
}
