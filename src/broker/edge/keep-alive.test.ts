import { expect, test } from 'vitest';
import { type FakeClock, fakeClock } from '../../../test/support/fake-clock.ts';
import { connectPacket } from '../../../test/support/flood.ts';
import { startMemoryBroker } from '../../../test/support/memory-broker.ts';
import { memoryLink } from '../../../test/support/memory-link.ts';
import { packet, text } from '../../../test/support/packet-bytes.ts';

/** A connected client with a keep alive of 10 s, on a clock that the test moves. */
async function client() {
  const clock: FakeClock = fakeClock();
  const broker = await startMemoryBroker({ clock, limits: { packetPace: '100B' } });
  const link = memoryLink();
  const accepted = new Promise((resolve) => link.onSent(resolve));
  broker.accept(link);
  link.receive(connectPacket('a', 2, 10));
  await accepted;
  return { clock, link };
}

const large = packet(0x30, text('t'), Buffer.alloc(10_000));

test('a large packet on a slow line is not cut after one and a half keep alives while it comes [MQTT-3.1.2-22]', async () => {
  const { clock, link } = await client();
  for (let at = 0; at < large.length; at += 200) {
    link.receive(large.subarray(at, at + 200));
    clock.advance(1_000);
  }
  expect(link.closed).toBeUndefined();
  clock.advance(17_000);
  expect(link.closed).toBe('ended');
});

test('a client that sends a byte of a packet now and then is silent after one interval more [MQTT-3.1.2-22]', async () => {
  const { clock, link } = await client();
  for (let at = 0; at < 100 && link.closed === undefined; at += 1) {
    link.receive(large.subarray(at, at + 1));
    clock.advance(1_000);
  }
  expect(link.closed).toBe('ended');
  expect(clock.now()).toBeLessThan(35_000);
});

test('what came of an earlier packet does not count for a later one [MQTT-3.1.2-22]', async () => {
  const { clock, link } = await client();
  link.receive(large.subarray(0, 9_000));
  clock.advance(15_500); // looked at: 9,000 bytes came
  link.receive(large.subarray(9_000));
  clock.advance(10_000);
  for (let at = 0; at < 4_000; at += 100) {
    link.receive(large.subarray(at, at + 100));
    clock.advance(800);
  }
  expect(link.closed).toBeUndefined();
});
