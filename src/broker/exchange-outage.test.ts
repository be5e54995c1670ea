import type { Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { memoryStore, startMemoryBroker } from '../../test/support/memory-broker.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import { StoreError } from '../kernel/errors.ts';
import type { Store } from './store-port.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs

/** A store that does not answer while `isAway`, in what the test chooses. */
function shakyStore(methods: readonly ('isOpen' | 'closeExchange' | 'keep' | 'markSent' | 'markReceived')[]) {
  const inner = memoryStore();
  const state = { isAway: false, asked: 0 };
  const away = (): Promise<never> => Promise.reject(new StoreError('store-unavailable', 'away'));
  const shaky = Object.fromEntries(
    methods.map((name) => [
      name,
      (...args: readonly never[]) => {
        state.asked += 1;
        return state.isAway ? away() : (inner[name] as (...all: readonly never[]) => Promise<unknown>)(...args);
      },
    ]),
  );
  const store: Store = { ...inner, ...shaky };
  return { state, store };
}

const publish = (messageId: number, payload: string, more: { dup?: boolean; retain?: boolean } = {}): Packet => ({
  cmd: 'publish',
  topic: 't',
  payload,
  qos: 2,
  retain: false,
  dup: false,
  messageId,
  ...more,
});

async function withReader(store: Store) {
  const clock = fakeClock(1_000_000);
  const broker = await startMemoryBroker({ store, clock });
  const reader = new WireClient(broker, 4);
  await reader.connect('reader', true);
  await reader.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 0 }] }, 'suback');
  const publisher = new WireClient(broker, 5, { answers: false });
  await publisher.connect('publisher', false);
  return { clock, broker, reader, publisher };
}
const seen = ({ seen: all }: WireClient): string[] => all.map(({ payload }) => payload);

test.each(['isOpen', 'closeExchange'] as const)(
  'PUBREL is answered when the store has released the identifier, and the next message under it is none of before (%s fails; MQTT-4.3.3-11)',
  async (method) => {
    const { state, store } = shakyStore([method]);
    const { clock, broker, reader, publisher } = await withReader(store);
    await publisher.ask(publish(7, 'one'), 'pubrec');
    state.isAway = true;
    const { asked } = state;
    const completed = publisher.ask({ cmd: 'pubrel', messageId: 7 }, 'pubcomp');
    await expect.poll(() => state.asked, { interval: 1 }).toBeGreaterThan(asked);
    await publisher.ping();
    expect(publisher.closed).toBeUndefined();
    expect(publisher.received.filter(({ cmd }) => cmd === 'pubcomp')).toEqual([]);
    state.isAway = false;
    await expect
      .poll(
        () => {
          clock.advance(1_000);
          return publisher.received.some(({ cmd }) => cmd === 'pubcomp');
        },
        { interval: 1 },
      )
      .toBe(true);
    expect((await completed) as { readonly reasonCode?: number }).toMatchObject({ reasonCode: 0 });
    await publisher.ask(publish(7, 'two'), 'pubrec');
    await reader.settle();
    expect(seen(reader)).toEqual(['one', 'two']);
    await broker.stop(signal);
  },
);

test('a repetition that the store cannot tell from a new message is refused and not delivered twice (MQTT-4.3.3-10)', async () => {
  const { state, store } = shakyStore(['isOpen']);
  const { broker, reader, publisher } = await withReader(store);
  await publisher.ask(publish(7, 'one'), 'pubrec');
  state.isAway = true;
  expect(await publisher.ask(publish(7, 'one', { dup: true }), 'pubrec')).toMatchObject({ reasonCode: 0x97 });
  await reader.settle();
  expect(seen(reader)).toEqual(['one']);
  await broker.stop(signal);
});

test('the exchange of a message that failed is not opened by a later one (MQTT-4.3.3-9)', async () => {
  const { state, store } = shakyStore(['keep']);
  const { broker, reader, publisher } = await withReader(store);
  state.isAway = true;
  expect(await publisher.ask(publish(7, 'one', { retain: true }), 'pubrec')).toMatchObject({ reasonCode: 0x97 });
  state.isAway = false;
  const away = new WireClient(broker, 4);
  await away.connect('away', false);
  await away.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] }, 'suback');
  const atQos1 = { ...publish(8, 'two', { retain: true }), qos: 1 } as Packet;
  expect(await publisher.ask(atQos1, 'puback')).toMatchObject({ reasonCode: 0 });
  expect(await publisher.ask(publish(7, 'three'), 'pubrec')).toMatchObject({ reasonCode: 0 });
  await reader.settle();
  expect(seen(reader)).toEqual(['two', 'three']);
  await broker.stop(signal);
});

test('a refusal whose exchange the store may have opened is forgotten before the next packet is taken (MQTT-4.3.3-9)', async () => {
  const { state, store } = shakyStore(['closeExchange']);
  let isLate = true;
  const late: Store = {
    ...store,
    async keep(...args) {
      await store.keep(...args);
      if (isLate) throw new StoreError('store-unavailable', 'it was done, and the answer was lost');
    },
  };
  const { clock, broker, publisher } = await withReader(late);
  const away = new WireClient(broker, 4);
  await away.connect('away', false);
  await away.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 2 }] }, 'suback');
  away.close();
  state.isAway = true;
  expect(await publisher.ask(publish(7, 'refused'), 'pubrec')).toMatchObject({ reasonCode: 0x97 });
  isLate = false;
  const accepted = publisher.ask(publish(7, 'accepted'), 'pubrec');
  await publisher.ping();
  state.isAway = false;
  await expect
    .poll(
      () => {
        clock.advance(1_000);
        return publisher.received.filter(({ cmd }) => cmd === 'pubrec').length;
      },
      { interval: 1 },
    )
    .toBe(2);
  expect(await accepted).toMatchObject({ reasonCode: 0 });
  const back = new WireClient(broker, 4);
  await back.connect('away', false);
  await expect.poll(() => seen(back), { interval: 1 }).toContain('accepted');
  await broker.stop(signal);
});

test('QoS 2 messages reach a persistent session in order although the store was away for the first (MQTT-4.6.0-6)', async () => {
  const { state, store } = shakyStore(['markSent', 'markReceived']);
  const { clock, broker, publisher } = await withReader(store);
  const here = new WireClient(broker, 4);
  await here.connect('here', false);
  await here.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 2 }] }, 'suback');
  await here.settle();
  state.isAway = true;
  await publisher.ask(publish(1, 'one'), 'pubrec');
  await expect.poll(() => state.asked, { interval: 1 }).toBeGreaterThan(0);
  state.isAway = false;
  await publisher.ask(publish(2, 'two'), 'pubrec');
  await here.settle();
  await expect
    .poll(
      () => {
        clock.advance(1_000);
        return seen(here).length;
      },
      { interval: 1 },
    )
    .toBe(2);
  expect(seen(here)).toEqual(['one', 'two']);
  await broker.stop(signal);
});
