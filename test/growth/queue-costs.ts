import type { PacketKey, SessionStore } from '../../src/broker/session-store.ts';
import { each, everybodys, names, often, packet, readAll, rich, type StoreCase } from './store-world.ts';

/** Exchanges of the rich client that are not open yet; at most 65,535 can be. */
const freeId = (number: number): PacketKey => ({ messageId: 60_000 + number });

/** Of outgoing queues. */
export const queueCosts: readonly StoreCase[] = [
  {
    method: 'outgoingEnqueue',
    work: 'one message, through before the next',
    n: 'messages in the queue, and in all',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => sendThrough(store, number)),
  },
  {
    method: 'outgoingEnqueueCombi',
    work: 'one message, to new sessions',
    n: 'sessions that it is queued for',
    cost: 'O(n)',
    async run({ store, size }) {
      const targets = Array.from({ length: size }, (_, number) => ({ clientId: names.session(number) }));
      const news = packet(everybodys);
      await store.outgoingEnqueueCombi(targets, news);
      await each(size, (number) =>
        store.outgoingClearMessageId({ id: names.session(number) }, { ...news, messageId: undefined }),
      );
    },
  },
  {
    method: 'outgoingUpdate',
    work: 'one message, sent and released',
    n: 'messages in the queue, and in all',
    cost: 'O(1)',
    run: ({ store }) =>
      each(often, async (number) => {
        const sent = await sendThrough(store, number, true);
        await store.outgoingClearMessageId(rich, sent);
      }),
  },
  {
    method: 'outgoingClearMessageId',
    work: 'what is not in the queue',
    n: 'messages in the queue, and in all',
    cost: 'O(1)',
    run: ({ store }) => each(often, (number) => store.outgoingClearMessageId(rich, { messageId: 50_000 + number })),
  },
  {
    method: 'outgoingStream',
    work: 'all messages of a queue',
    n: 'messages',
    cost: 'O(n)',
    run: ({ store }) => readAll(store.outgoingStream(rich)),
  },
];

/** Of open QoS 2 exchanges. */
export const exchangeCosts: readonly StoreCase[] = (
  ['incomingStorePacket', 'incomingGetPacket', 'incomingDelPacket'] as const
).map((method) => ({
  method,
  work: 'one exchange, opened and released',
  n: 'open exchanges of the client, and of all',
  cost: 'O(1)',
  run: ({ store }) =>
    each(often, async (number) => {
      await store.incomingStorePacket(rich, freeId(number));
      await store.incomingGetPacket(rich, freeId(number));
      await store.incomingDelPacket(rich, freeId(number));
    }),
}));

async function sendThrough(store: SessionStore, number: number, isReleased = false): Promise<PacketKey> {
  const { brokerId, brokerCounter } = packet('');
  await store.outgoingEnqueue({ clientId: rich.id }, packet('more', { brokerId, brokerCounter }));
  const sent = { brokerId, brokerCounter, messageId: 40_000 + number };
  await store.outgoingUpdate(rich, sent);
  if (isReleased) await store.outgoingUpdate(rich, { ...sent, cmd: 'pubrel' });
  else await store.outgoingClearMessageId(rich, sent);
  return sent;
}
