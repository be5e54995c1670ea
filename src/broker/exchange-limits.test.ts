import type { Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import { createMemoryStore } from '../storage/memory/memory-store.ts';
import { storeSchema } from '../storage/schema.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const publish = (messageId: number, payload: string, retain = false): Packet => ({
  cmd: 'publish',
  topic: 't',
  payload,
  qos: 2,
  retain,
  dup: false,
  messageId,
});

async function withStore(store: object) {
  const broker = await startMemoryBroker({ store: createMemoryStore(storeSchema.parse(store)) });
  const reader = new WireClient(broker, 4);
  await reader.connect('reader', false);
  await reader.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 2 }] }, 'suback');
  const publisher = async (id: string, version: 4 | 5): Promise<WireClient> => {
    const client = new WireClient(broker, version, { answers: false });
    await client.connect(id, false);
    return client;
  };
  return { broker, reader, publisher };
}

test('one open QoS 2 exchange too many is refused with 0x97, and takes nothing from those that are open (MQTT-4.3.3-9)', async () => {
  const { broker, reader, publisher } = await withStore({ exchanges: { total: 3, perSession: 2 } });
  const first = await publisher('first', 5);
  for (const [id, code] of [
    [1, 0],
    [2, 0],
    [3, 0x97],
  ] as const)
    expect(await first.ask(publish(id, `first ${id}`), 'pubrec')).toMatchObject({ messageId: id, reasonCode: code });
  const second = await publisher('second', 5);
  expect(await second.ask(publish(1, 'second 1'), 'pubrec')).toMatchObject({ reasonCode: 0 });
  expect(await second.ask(publish(2, 'second 2'), 'pubrec')).toMatchObject({ reasonCode: 0x97 });
  // nobody's identifier was forgotten: what is sent again is a repetition
  expect(await first.ask(publish(1, 'again'), 'pubrec')).toMatchObject({ reasonCode: 0 });
  expect(await first.ask({ cmd: 'pubrel', messageId: 3 }, 'pubcomp')).toMatchObject({ reasonCode: 0x92 });
  expect(await first.ask({ cmd: 'pubrel', messageId: 1 }, 'pubcomp')).toMatchObject({ reasonCode: 0 });
  expect(await second.ask(publish(2, 'second 2'), 'pubrec')).toMatchObject({ reasonCode: 0 });
  await expect
    .poll(() => reader.seen.map(({ payload }) => payload), { interval: 1 })
    .toEqual(['first 1', 'first 2', 'second 1', 'second 2']);
  await broker.stop(signal);
});

test('before MQTT 5, where PUBREC cannot say no, the connection is closed', async () => {
  const { broker, publisher } = await withStore({ exchanges: { perSession: 1 } });
  const client = await publisher('old', 4);
  await client.ask(publish(1, '1'), 'pubrec');
  client.send(publish(2, '2'));
  await expect.poll(() => client.closed, { interval: 1 }).toBeDefined();
  const back = await publisher('old', 4);
  await back.ask(publish(1, 'again'), 'pubrec');
  await broker.stop(signal);
});

test('a message that is refused before it is queued opens no exchange, and leaves none to the next', async () => {
  const { broker, reader, publisher } = await withStore({
    exchanges: { perSession: 1 },
    retained: { messages: 1, bytes: '3B', onFull: 'refuse' },
  });
  const client = await publisher('p', 5);
  for (const id of [1, 2, 3])
    expect(await client.ask(publish(id, 'retained', true), 'pubrec')).toMatchObject({ reasonCode: 0x97 });
  expect(await client.ask(publish(9, 'queued'), 'pubrec')).toMatchObject({ reasonCode: 0 });
  for (const id of [1, 2, 3])
    expect(await client.ask({ cmd: 'pubrel', messageId: id }, 'pubcomp')).toMatchObject({ reasonCode: 0x92 });
  await expect.poll(() => reader.seen.map(({ payload }) => payload), { interval: 1 }).toEqual(['queued']);
  await broker.stop(signal);
});
