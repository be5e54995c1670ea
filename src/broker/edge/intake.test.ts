import { expect, test } from 'vitest';
import { connectPacket } from '../../../test/support/flood.ts';
import { startMemoryBroker } from '../../../test/support/memory-broker.ts';
import { memoryLink } from '../../../test/support/memory-link.ts';
import { packet, text, u16 } from '../../../test/support/packet-bytes.ts';
import { WireClient } from '../../../test/support/wire-client.ts';

const count = 5_000;

/** Many more packets than one share, numbered. @param first of PUBLISH */
const burst = (first: number): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) =>
      packet(first, text('t'), ...(first === 0x30 ? [] : [u16(index + 1)]), Buffer.from(String(index))),
    ),
  );

async function setUp(hotPath: 'on' | 'off') {
  const broker = await startMemoryBroker({ hotPath });
  const reader = new WireClient(broker, 4);
  await reader.connect('reader', true);
  await reader.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] }, 'suback');
  const link = memoryLink();
  const accepted = new Promise((resolve) => link.onSent(resolve));
  broker.accept(link);
  link.receive(connectPacket('writer'));
  await accepted;
  const saw = (payload: string) =>
    new Promise<void>((resolve) => {
      const look = (): void => {
        if (reader.seen.at(-1)?.payload === payload) resolve();
        else setImmediate(look);
      };
      look();
    });
  return { broker, reader, link, saw };
}

const inOrder = Array.from({ length: count }, (_, index) => String(index));

test.each([
  ['hot path', 'on', 0x30],
  ['hot path at QoS 1', 'on', 0x32],
  ['engine', 'off', 0x30],
  ['engine at QoS 2', 'on', 0x34],
] as const)(
  'a burst that takes several turns is handled in order, and wholly: %s [MQTT-4.6.0-5]',
  async (_name, hotPath, first) => {
    const { reader, link, saw } = await setUp(hotPath);
    const bytes = burst(first);
    for (let at = 0; at < bytes.length; at += 9_999) link.receive(bytes.subarray(at, at + 9_999));
    await saw(String(count - 1));
    expect(reader.seen.map(({ payload }) => payload)).toEqual(inOrder);
  },
);

test('what came before the end of the stream is handled, also where it waits for its turn', async () => {
  const { reader, link, saw, broker } = await setUp('on');
  link.receive(burst(0x30));
  expect(reader.seen.length).toBeLessThan(count);
  link.destroy('closed by the client');
  await saw(String(count - 1));
  expect(reader.seen.map(({ payload }) => payload)).toEqual(inOrder);
  expect(broker.connections()).toBe(1);
});

test('a client whose packets wait for their turn is not read from, until they are handled', async () => {
  const { link, saw } = await setUp('on');
  const bytes = burst(0x30);
  link.receive(bytes.subarray(0, bytes.length / 2));
  link.receive(bytes.subarray(bytes.length / 2));
  expect(link.isPaused).toBe(true);
  await saw(String(count - 1));
  expect(link.isPaused).toBe(false);
});

test('the memory budget knows what came and is not cut yet: unfinished packets, and what waits for its turn (limits.memory)', async () => {
  const { link, broker, saw } = await setUp('on');
  expect(broker.heldBytes()).toBe(0);
  const whole = packet(0x30, text('t'), Buffer.alloc(100_000, 'x'));
  link.receive(whole.subarray(0, 60_000));
  expect(broker.heldBytes()).toBeGreaterThanOrEqual(60_000);
  expect(broker.heldBytes()).toBeLessThan(120_000);
  link.receive(whole.subarray(60_000));
  const bytes = burst(0x30);
  link.receive(bytes.subarray(0, bytes.length / 2));
  link.receive(bytes.subarray(bytes.length / 2));
  expect(broker.heldBytes()).toBeGreaterThan(bytes.length / 2);
  await saw(String(count - 1));
  expect(broker.heldBytes()).toBe(0);
  link.receive(whole.subarray(0, 60_000));
  link.destroy('closed by the client');
  expect(broker.heldBytes()).toBe(0);
});
