import { exchangeCosts, queueCosts } from './queue-costs.ts';
import {
  each,
  everybodys,
  names,
  often,
  packet,
  readAll,
  rich,
  type StoreCase,
  type StoreWorld,
  subscriptionTo,
  willOf,
} from './store-world.ts';

const readPages = async ({ store }: StoreWorld, filter: string): Promise<void> => {
  for await (const page of store.retained(filter)) for (const _ of page) continue;
};
const guest = 'guest';
const guestSession = { clientId: guest, principal: 'p', expirySeconds: 60 };

const retained: readonly StoreCase[] = [
  {
    method: 'keep',
    work: 'what is retained of a new topic, and its end',
    n: 'retained messages',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async (number) => {
        const topic = `dev-new-${number}/state`;
        await store.keep(packet(topic, { retain: true }), [], { isRetained: true });
        await store.keep(packet(topic, { retain: true, payload: Buffer.alloc(0) }), [], { isRetained: true });
      }),
  },
  {
    method: 'retained',
    work: 'a filter without wildcards',
    n: 'retained messages',
    cost: 'O(1)',
    run: (world) => each(often, (number) => readPages(world, names.retained(number))),
  },
  {
    method: 'retained',
    work: 'a filter with wildcards',
    n: 'retained messages',
    cost: 'O(n)',
    run: (world) => readPages(world, '+/none'),
  },
  {
    method: 'retained',
    work: 'the messages that are found',
    n: 'messages',
    cost: 'O(n)',
    run: (world) => readPages(world, '+/state'),
  },
];

const subscriptions: readonly StoreCase[] = [
  {
    method: 'subscribe',
    work: 'one filter',
    n: 'subscriptions of the client, and of all',
    cost: 'O(1)',
    run: ({ store }) => each(often, () => store.subscribe(rich, [subscriptionTo('rich/0')])),
  },
  {
    method: 'unsubscribe',
    work: 'one filter, subscribed to before',
    n: 'subscriptions of the client, and of all',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async (number) => {
        await store.subscribe(rich, [subscriptionTo(`other/${number}`)]);
        await store.unsubscribe(rich, [`other/${number}`]);
      }),
  },
  {
    method: 'subscribe',
    work: 'a filter that all subscribe to',
    n: 'subscribers of the filter',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async () => {
        await store.subscribe(guest, [subscriptionTo(everybodys)]);
        await store.unsubscribe(guest, [everybodys]);
      }),
  },
  ...(['subscribe', 'unsubscribe'] as const).map(
    (method): StoreCase => ({
      method,
      work: 'filters in one call',
      n: 'filters',
      cost: 'O(n)',
      async run({ store, size }) {
        const filters = Array.from({ length: size }, (_, number) => `many/${number}`);
        await store.subscribe(
          guest,
          filters.map((filter) => subscriptionTo(filter)),
        );
        await store.unsubscribe(guest, filters);
      },
    }),
  ),
  {
    method: 'subscriptionsOf',
    work: 'of a client with two',
    n: 'sessions',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => store.subscriptionsOf(names.session(number))),
  },
  {
    method: 'subscriptionsOf',
    work: 'of one client',
    n: 'its subscriptions',
    cost: 'O(n)',
    run: async ({ store }) => void (await store.subscriptionsOf(rich)),
  },
  {
    method: 'filtersOf',
    work: 'of a client with two',
    n: 'sessions',
    cost: 'O(1)',
    run: ({ store }) => each(often, async (number) => store.filtersOf(names.session(number))),
  },
  {
    method: 'filtersOf',
    work: 'of one client',
    n: 'its subscriptions',
    cost: 'O(n)',
    run: ({ store }) => each(5, async () => store.filtersOf(rich)),
  },
  {
    method: 'subscribersOf',
    work: 'a topic of one subscriber',
    n: 'subscriptions of all',
    cost: 'O(1)',
    run: ({ store }) => each(often, async (number) => store.subscribersOf(names.command(number))),
  },
  {
    method: 'subscribersOf',
    work: 'the subscriptions that are found',
    n: 'subscriptions',
    cost: 'O(n)',
    run: ({ store }) => each(5, async () => store.subscribersOf(everybodys)),
  },
];

const sessions: readonly StoreCase[] = [
  {
    method: 'putSession',
    work: 'one session',
    n: 'sessions',
    cost: 'O(1)',
    run: ({ store }) => each(often, () => store.putSession(guestSession)),
  },
  {
    method: 'session',
    work: 'one session',
    n: 'sessions',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => store.session(names.session(number))),
  },
  {
    method: 'sessions',
    work: 'all sessions',
    n: 'sessions',
    cost: 'O(n)',
    run: ({ store }) => readAll(store.sessions()),
  },
  {
    method: 'endSession',
    work: 'a session with little',
    n: 'sessions, retained and queued messages',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async (number) => {
        const clientId = `guest-${number}`;
        await store.putSession({ ...guestSession, clientId });
        await store.subscribe(clientId, [subscriptionTo(everybodys)]);
        await store.endSession(clientId);
      }),
  },
  {
    method: 'endSession',
    work: 'a session, made before',
    n: 'its subscriptions and queued messages',
    cost: 'O(n)',
    async run({ store, size }) {
      await store.subscribe(
        guest,
        Array.from({ length: size }, (_, number) => subscriptionTo(`guest/${number}`)),
      );
      await each(size, (number) => store.keep(packet(`guest/${number}`), [{ clientId: guest }]));
      await store.endSession(guest);
    },
  },
  {
    method: 'putWill',
    work: 'one will',
    n: 'wills',
    cost: 'O(1)',
    run: ({ store }) => each(often, () => store.putWill(willOf(guest))),
  },
  {
    method: 'takeWill',
    work: 'one will, put before',
    n: 'wills',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async () => {
        await store.putWill(willOf(guest));
        await store.takeWill(guest);
      }),
  },
  {
    method: 'wills',
    work: 'all wills',
    n: 'wills',
    cost: 'O(n)',
    run: ({ store }) => readAll(store.wills()),
  },
];

/** What the methods of a Store cost. */
export const storeCosts: readonly StoreCase[] = [
  ...retained,
  ...subscriptions,
  ...sessions,
  ...queueCosts,
  ...exchangeCosts,
  ...(['start', 'stop'] as const).map(
    (method): StoreCase => ({
      method,
      work: 'closing and opening again',
      n: 'everything',
      cost: 'O(n)',
      run: (world) => world.reopen(),
    }),
  ),
  {
    method: 'stats',
    work: '',
    n: 'everything',
    cost: 'O(1)',
    run: ({ store }) => each(often, async () => store.stats()),
  },
];
