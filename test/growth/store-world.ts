import type { QueueKey, Store, StoredMessage, StoredSubscription, StoredWill } from '../../src/broker/store-port.ts';
import type { Qos } from '../../src/plane/message.ts';
import type { GrowthCase } from './growth.ts';

/** A store with as much of everything. */
export interface StoreWorld extends AsyncDisposable {
  readonly store: Store;
  readonly size: number;
  /** Closes the store, and opens it with what it keeps. */
  reopen(): Promise<void>;
}

/** @param create a store on the same data each time */
export async function openWorld(create: () => Store, size: number): Promise<StoreWorld> {
  let store = create();
  await store.start(AbortSignal.timeout(10_000));
  await fill(store, size);
  return {
    get store() {
      return store;
    },
    size,
    async reopen() {
      await store.stop(AbortSignal.timeout(10_000));
      store = create();
      await store.start(AbortSignal.timeout(10_000));
    },
    [Symbol.asyncDispose]: () => store.stop(AbortSignal.timeout(10_000)),
  };
}

export type StoreCase = GrowthCase<StoreWorld> & { readonly method: keyof Store };

/** How often what costs little is done. */
export const often = 500;

/** What stands in the store, by number. */
export const names = {
  retained: (number: number): string => `dev-${number}/state`,
  session: (number: number): string => `session-${number}`,
  command: (number: number): string => `command/${number}`,
} as const;

/** Has as many subscriptions, a queue as long, and as many exchanges open. */
export const rich = 'rich';
/** Subscribed to by every session. */
export const everybodys = 'news';

let counter = 0;
export const packet = (topic: string, changes: Partial<StoredMessage & QueueKey> = {}): StoredMessage & QueueKey => ({
  cmd: 'publish',
  topic,
  payload: Buffer.from('payload'),
  qos: 1,
  retain: false,
  runId: 'growth',
  counter: (counter += 1),
  ...changes,
});

export const willOf = (clientId: string): StoredWill => ({ ...packet(`will/${clientId}`), clientId });

export const subscriptionTo = (filter: string, qos: Qos = 1): StoredSubscription => ({ filter, qos });

/** In steps, as so many calls at once are no use to anybody. */
export async function each(count: number, work: (number: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += 1_000)
    await Promise.all(Array.from({ length: Math.min(1_000, count - from) }, (_, index) => work(from + index)));
}

async function fill(store: Store, size: number): Promise<void> {
  await each(size, (number) => store.keep(packet(names.retained(number), { retain: true }), [], { isRetained: true }));
  await each(size, async (number) => {
    const clientId = names.session(number);
    await store.putSession({ clientId, principal: 'p', expirySeconds: 3_600, disconnectedAt: 1 });
    await store.subscribe(clientId, [subscriptionTo(names.command(number)), subscriptionTo(everybodys)]);
    await store.putWill(willOf(clientId));
  });
  await store.putSession({ clientId: rich, principal: 'p', expirySeconds: 3_600 });
  await each(size, (number) => store.subscribe(rich, [subscriptionTo(`rich/${number}`)]));
  await each(size, (number) => store.keep(packet(`queued/${number}`), [{ clientId: rich }]));
  await each(size, (number) => openExchange(store, number + 1));
}

/** Of the rich client. */
export const openExchange = (store: Store, packetId: number): Promise<void> =>
  store.keep(packet('opened', { qos: 2 }), [], { exchange: { clientId: rich, packetId } });

export async function readAll(source: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source) continue;
}
