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
const guest = { id: 'guest' };
const guestSession = { clientId: guest.id, principal: 'p', expirySeconds: 60 };

const retained: readonly StoreCase[] = [
  {
    method: 'storeRetained',
    work: 'a new topic, and its end',
    n: 'retained messages',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async (number) => {
        const topic = `dev-new-${number}/state`;
        await store.storeRetained(packet(topic, { retain: true }));
        await store.storeRetained(packet(topic, { retain: true, payload: Buffer.alloc(0) }));
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
  {
    method: 'createRetainedStream',
    work: 'the messages that are found',
    n: 'messages',
    cost: 'O(n)',
    run: ({ store }) => readAll(store.createRetainedStream('+/state')),
  },
  {
    method: 'createRetainedStreamCombi',
    work: 'filters without wildcards',
    n: 'filters',
    cost: 'O(n)',
    run: ({ store, size }) =>
      readAll(store.createRetainedStreamCombi(Array.from({ length: size }, (_, number) => names.retained(number)))),
  },
];

const subscriptions: readonly StoreCase[] = [
  {
    method: 'addSubscriptions',
    work: 'one filter',
    n: 'subscriptions of the client, and of all',
    cost: 'O(1)',
    run: ({ store }) => each(often, () => store.addSubscriptions(rich, [subscriptionTo('rich/0')])),
  },
  {
    method: 'removeSubscriptions',
    work: 'one filter, subscribed to before',
    n: 'subscriptions of the client, and of all',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async (number) => {
        await store.addSubscriptions(rich, [subscriptionTo(`other/${number}`)]);
        await store.removeSubscriptions(rich, [`other/${number}`]);
      }),
  },
  {
    method: 'addSubscriptions',
    work: 'a filter that all subscribe to',
    n: 'subscribers of the filter',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async () => {
        await store.addSubscriptions(guest, [subscriptionTo(everybodys)]);
        await store.removeSubscriptions(guest, [everybodys]);
      }),
  },
  ...(['addSubscriptions', 'removeSubscriptions'] as const).map(
    (method): StoreCase => ({
      method,
      work: 'filters in one call',
      n: 'filters',
      cost: 'O(n)',
      async run({ store, size }) {
        const filters = Array.from({ length: size }, (_, number) => `many/${number}`);
        await store.addSubscriptions(
          guest,
          filters.map((filter) => subscriptionTo(filter)),
        );
        await store.removeSubscriptions(guest, filters);
      },
    }),
  ),
  {
    method: 'subscriptionsByClient',
    work: 'of a client with two',
    n: 'sessions',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => store.subscriptionsByClient({ id: names.session(number) })),
  },
  {
    method: 'subscriptionsByClient',
    work: 'of one client',
    n: 'its subscriptions',
    cost: 'O(n)',
    run: async ({ store }) => void (await store.subscriptionsByClient(rich)),
  },
  {
    method: 'hasShared',
    work: 'whether a client with two is in a shared group',
    n: 'sessions',
    cost: 'O(1)',
    run: ({ store }) => each(often, async (number) => store.hasShared({ id: names.session(number) })),
  },
  {
    method: 'hasShared',
    work: 'whether one client is in a shared group',
    n: 'its subscriptions',
    cost: 'O(n)',
    run: ({ store }) => each(5, async () => store.hasShared(rich)),
  },
  {
    method: 'countOffline',
    work: '',
    n: 'subscriptions',
    cost: 'O(1)',
    run: ({ store }) => each(often, () => store.countOffline()),
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
  {
    method: 'subscriptionsByTopic',
    work: 'the subscriptions that are found',
    n: 'subscriptions',
    cost: 'O(n)',
    run: async ({ store }) => void (await store.subscriptionsByTopic(everybodys)),
  },
  {
    method: 'getClientList',
    work: 'who subscribed to a filter',
    n: 'sessions with subscriptions',
    cost: 'O(n)',
    run: ({ store }) => readAll(store.getClientList('nobody')),
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
    method: 'getSession',
    work: 'one session',
    n: 'sessions',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => store.getSession({ id: names.session(number) })),
  },
  {
    method: 'streamSessions',
    work: 'all sessions',
    n: 'sessions',
    cost: 'O(n)',
    run: ({ store }) => readAll(store.streamSessions()),
  },
  {
    method: 'cleanSubscriptions',
    work: 'a session with little',
    n: 'sessions, retained and queued messages',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async (number) => {
        const session = { id: `guest-${number}` };
        await store.putSession({ ...guestSession, clientId: session.id });
        await store.addSubscriptions(session, [subscriptionTo(everybodys)]);
        await store.cleanSubscriptions(session);
      }),
  },
  {
    method: 'cleanSubscriptions',
    work: 'a session, made before',
    n: 'its subscriptions and queued messages',
    cost: 'O(n)',
    async run({ store, size }) {
      await store.addSubscriptions(
        guest,
        Array.from({ length: size }, (_, number) => subscriptionTo(`guest/${number}`)),
      );
      await each(size, (number) => store.outgoingEnqueue({ clientId: guest.id }, packet(`guest/${number}`)));
      await store.cleanSubscriptions(guest);
    },
  },
  {
    method: 'putWill',
    work: 'one will',
    n: 'wills',
    cost: 'O(1)',
    run: ({ store }) => each(often, () => store.putWill(guest, willOf('will'))),
  },
  {
    method: 'getWill',
    work: 'one will',
    n: 'wills',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => store.getWill({ id: names.session(number) })),
  },
  {
    method: 'delWill',
    work: 'one will, put before',
    n: 'wills',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async () => {
        await store.putWill(guest, willOf('will'));
        await store.delWill(guest);
      }),
  },
  {
    method: 'streamWill',
    work: 'all wills',
    n: 'wills',
    cost: 'O(n)',
    run: ({ store }) => readAll(store.streamWill({})),
  },
];

/** What the methods of a SessionStore cost. */
export const storeCosts: readonly StoreCase[] = [
  ...retained,
  ...subscriptions,
  ...sessions,
  ...queueCosts,
  ...exchangeCosts,
  ...(['setup', 'destroy'] as const).map(
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
