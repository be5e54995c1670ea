import type { Store } from '../../src/broker/store-port.ts';
import { each, everybodys, names, often, openExchange, packet, readAll, rich, type StoreCase } from './store-world.ts';

/** Packet identifiers that messages of the rich client are not sent under yet. */
const unusedId = (number: number): number => 40_000 + number;

/** Of outgoing queues. */
export const queueCosts: readonly StoreCase[] = [
  {
    method: 'keep',
    work: 'one message for one session, sent and settled before the next',
    n: 'messages in the queue, and in all',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => sendThrough(store, number)),
  },
  {
    method: 'keep',
    work: 'one message, to new sessions',
    n: 'sessions that it is queued for',
    cost: 'O(n)',
    async run({ store, size }) {
      const targets = Array.from({ length: size }, (_, number) => ({ clientId: names.session(number) }));
      const news = packet(everybodys);
      await store.keep(news, targets);
      await each(size, (number) => store.discard(names.session(number), news));
    },
  },
  ...(['markSent', 'markReceived'] as const).map(
    (method): StoreCase => ({
      method,
      work: 'one message, sent, received and settled',
      n: 'messages in the queue, and in all',
      cost: 'O(1)',
      run: ({ store }) =>
        each(often, (number) => sendThrough(store, number, (packetId) => store.markReceived(rich, packetId))),
    }),
  ),
  {
    method: 'settle',
    work: 'what is not in the queue',
    n: 'messages in the queue, and in all',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => store.settle(rich, unusedId(number))),
  },
  {
    method: 'discard',
    work: 'one message, queued before',
    n: 'messages in the queue, and in all',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async () => {
        const more = packet('more');
        await store.keep(more, [{ clientId: rich }]);
        await store.discard(rich, more);
      }),
  },
  {
    method: 'queue',
    work: 'all messages of a queue',
    n: 'messages',
    cost: 'O(n)',
    run: ({ store }) => readAll(store.queue(rich)),
  },
];

/** Exchanges of the rich client that are not open yet; at most 65,535 can be. */
const freeId = (number: number): number => 60_000 + number;

/** Of open QoS 2 exchanges. */
export const exchangeCosts: readonly StoreCase[] = (['isOpen', 'closeExchange'] as const).map((method) => ({
  method,
  work: 'one exchange, opened and closed',
  n: 'open exchanges of the client, and of all',
  cost: 'O(1)',
  run: ({ store }) =>
    each(often, async (number) => {
      const exchange = { clientId: rich, packetId: freeId(number) };
      await openExchange(store, exchange.packetId);
      await store.isOpen(exchange);
      await store.closeExchange(exchange);
    }),
}));

async function sendThrough(
  store: Store,
  number: number,
  received?: (packetId: number) => Promise<void>,
): Promise<void> {
  const more = packet('more');
  await store.keep(more, [{ clientId: rich }]);
  await store.markSent(rich, more, unusedId(number));
  await received?.(unusedId(number));
  await store.settle(rich, unusedId(number));
}
