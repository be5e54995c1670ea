import type { SessionStore, StoredPacket, StoredSubscription, StoredWill } from '../../src/broker/session-store.ts';
import type { Qos } from '../../src/plane/message.ts';
import type { GrowthCase } from './growth.ts';

/** A store with as much of everything. */
export interface StoreWorld extends AsyncDisposable {
  readonly store: SessionStore;
  readonly size: number;
  /** Closes the store, and opens it with what it keeps. */
  reopen(): Promise<void>;
}

/** @param create a store on the same data each time */
export async function openWorld(create: () => SessionStore, size: number): Promise<StoreWorld> {
  let store = create();
  await store.setup({ id: 'node' });
  await fill(store, size);
  return {
    get store() {
      return store;
    },
    size,
    async reopen() {
      await store.destroy();
      store = create();
      await store.setup({ id: 'node' });
    },
    [Symbol.asyncDispose]: () => store.destroy(),
  };
}

export type StoreCase = GrowthCase<StoreWorld> & { readonly method: keyof SessionStore };

/** How often what costs little is done. */
export const often = 500;

/** What stands in the store, by number. */
export const names = {
  retained: (number: number): string => `dev-${number}/state`,
  session: (number: number): string => `session-${number}`,
  command: (number: number): string => `command/${number}`,
} as const;

/** Has as many subscriptions, a queue as long, and as many exchanges open. */
export const rich = { id: 'rich' };
/** Subscribed to by every session. */
export const everybodys = 'news';

let counter = 0;
export const packet = (topic: string, changes: Partial<StoredPacket> = {}): StoredPacket => ({
  cmd: 'publish',
  topic,
  payload: Buffer.from('payload'),
  qos: 1,
  retain: false,
  brokerId: 'growth',
  brokerCounter: (counter += 1),
  ...changes,
});

/** The store writes into it. */
export const willOf = (topic: string): StoredWill => Object.assign({}, packet(topic), { clientId: '', brokerId: '' });

export const subscriptionTo = (topic: string, qos: Qos = 1): StoredSubscription => ({ topic, qos });

/** In steps, as so many calls at once are no use to anybody. */
export async function each(count: number, work: (number: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += 1_000)
    await Promise.all(Array.from({ length: Math.min(1_000, count - from) }, (_, index) => work(from + index)));
}

async function fill(store: SessionStore, size: number): Promise<void> {
  await each(size, (number) => store.storeRetained(packet(names.retained(number), { retain: true })));
  await each(size, async (number) => {
    const session = { id: names.session(number) };
    await store.putSession({ clientId: session.id, principal: 'p', expirySeconds: 3_600, disconnectedAt: 1 });
    await store.addSubscriptions(session, [subscriptionTo(names.command(number)), subscriptionTo(everybodys)]);
    await store.putWill(session, willOf(`will/${number}`));
  });
  await store.putSession({ clientId: rich.id, principal: 'p', expirySeconds: 3_600 });
  await each(size, (number) => store.addSubscriptions(rich, [subscriptionTo(`rich/${number}`)]));
  await each(size, (number) => store.outgoingEnqueue({ clientId: rich.id }, packet(`queued/${number}`)));
  await each(size, (number) => store.incomingStorePacket(rich, { messageId: number + 1 }));
}

export async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream) continue;
}
