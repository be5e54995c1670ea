import { afterEach, beforeEach, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connected } from '../support/flood.ts';
import { packet, text, u16 } from '../support/packet-bytes.ts';

const megabyte = 1_024 * 1_024;
const subscribers = 200;

let broker: TestBroker;
let port: number;
beforeEach(async () => {
  broker = await startBroker({
    listeners: [{ name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] }],
    limits: { memory: '64MiB' },
    log: { level: 'warn' },
  });
  port = broker.port('mqtt');
});
afterEach(() => broker?.[Symbol.asyncDispose]());

/** Watches what buffers occupy, in every turn. */
function watchBuffers() {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let isStopped = false;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    if (!isStopped) setImmediate(look);
  };
  look();
  return {
    stop(): number {
      isStopped = true;
      return most;
    },
  };
}

test.each([0, 1] as const)(
  '200 clients that do not read while 16 MB are published at QoS %i stay within limits.memory, and a pair beside them loses nothing',
  async (qos) => {
    const slow = await Promise.all(
      Array.from({ length: subscribers }, async (_, index) => {
        const client = await connected(port, `slow-${index}`);
        client.write(packet(0x82, u16(1), text('flood'), qos));
        await client.receive(9);
        client.socket.pause();
        return client;
      }),
    );
    await using reader = await connected(port, 'reader');
    reader.write(packet(0x82, u16(1), text('pair'), 0));
    await reader.receive(9);
    await using writer = await connected(port, 'writer');
    await using publisher = await connected(port, 'publisher');
    const buffers = watchBuffers();
    const large = (id: number) =>
      packet(qos === 0 ? 0x30 : 0x32, text('flood'), ...(qos === 0 ? [] : [u16(id)]), Buffer.alloc(65_536));
    const small = packet(0x30, text('pair'), Buffer.from('x'));
    for (let id = 1; id <= 256; id += 1) {
      publisher.write(large(id));
      publisher.write(Buffer.from([0xc0, 0]));
      await publisher.receive(4 + id * (qos === 0 ? 2 : 6));
      writer.write(small);
      await reader.receive(9 + id * small.length);
    }
    // what closed connections held counts here until it is collected
    expect(buffers.stop()).toBeLessThan(128 * megabyte);
    expect(broker.log.count(/memory is short.*limits\.memory/)).toBeGreaterThan(0);
    for (const { socket } of slow) socket.destroy();
  },
);
