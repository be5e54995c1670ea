import { expect, test } from 'vitest';
import type { StartNats } from './nats-process.ts';
import { natsRawClient } from './nats-raw-client.ts';

const quiet = 'CONNECT {"verbose":false,"pedantic":false}\r\n';

/** Cases that need a server with limits of their own. */
export function limitCases(start: StartNats): void {
  test('one connection too many is greeted, told so and closed', async () => {
    await using server = await start({ maxConnections: 2 });
    await using first = await natsRawClient(server.port);
    await using second = await natsRawClient(server.port);
    // nats-server greets a client before it counts it: an answer says that it did
    expect(await first.exchange(quiet)).toBe('');
    expect(await second.exchange(quiet)).toBe('');
    await using third = await natsRawClient(server.port);
    expect(await third.untilClosed('')).toBe("-ERR 'maximum connections exceeded'\r\n");
    expect(await first.exchange('')).toBe('');
    expect(await second.exchange('')).toBe('');
  });

  test('a client that leaves makes room for another', async () => {
    await using server = await start({ maxConnections: 1 });
    const first = await natsRawClient(server.port);
    await first.exchange(quiet);
    await first[Symbol.asyncDispose]();
    const served = async () => {
      await using next = await natsRawClient(server.port);
      return await next.exchange(quiet).catch(() => 'refused'); // awaited before `next` is disposed of
    };
    await expect.poll(served).toBe('');
  });

  test('one subscription too many is refused, and the others work', async () => {
    await using server = await start({ maxSubscriptionsPerClient: 2 });
    await using client = await natsRawClient(server.port);
    const wire = await client.exchange(`${quiet}SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nPUB a 0\r\n\r\nPUB c 0\r\n\r\n`);
    expect(wire).toBe("-ERR 'maximum subscriptions exceeded'\r\nMSG a 1 0\r\n\r\n");
  });

  test('INFO names the largest payload, and one byte more is refused', async () => {
    await using server = await start({ maxPayloadBytes: 1_000 });
    await using client = await natsRawClient(server.port);
    expect(client.info['max_payload']).toBe(1_000);
    const payload = 'x'.repeat(1_000);
    expect(await client.exchange(`${quiet}SUB a 1\r\nPUB a 1000\r\n${payload}\r\n`)).toBe(
      `MSG a 1 1000\r\n${payload}\r\n`,
    );
    expect(await client.untilClosed('PUB a 1001\r\n')).toBe("-ERR 'Maximum Payload Violation'\r\n");
  });

  test('a client that leaves two PINGs unanswered is closed as stale', async () => {
    await using server = await start({ pingIntervalMs: 500 });
    await using client = await natsRawClient(server.port, { answersPing: false });
    const wire = await client.untilClosed(quiet);
    expect(wire).toBe("PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
  });

  test('a client that answers its PINGs stays', async () => {
    await using server = await start({ pingIntervalMs: 300 });
    await using client = await natsRawClient(server.port, { answersPing: false });
    await client.exchange(quiet);
    for (let count = 0; count < 4; count++) {
      await client.waitFor('PING\r\n');
      client.send('PONG\r\n');
    }
    expect(await client.exchange('')).toBe('');
  });

  test('a client that does not read is cut off, and nobody else notices', async () => {
    await using server = await start({ maxPendingBytes: 2_097_152 });
    await using slow = await natsRawClient(server.port);
    await using healthy = await natsRawClient(server.port);
    await using publisher = await natsRawClient(server.port);
    await slow.exchange(`${quiet}SUB flood 1\r\n`);
    await healthy.exchange(`${quiet}SUB flood 1\r\n`);
    slow.pause();
    const size = 524_288;
    const message = `PUB flood ${size}\r\n${'x'.repeat(size)}\r\n`;
    const received = `MSG flood 1 ${size}\r\n${'x'.repeat(size)}\r\n`;
    await publisher.exchange(quiet);
    // More than the limit and all buffers of the system on the way together hold.
    for (let count = 0; count < 60; count++) {
      await publisher.exchange(message);
      expect((await healthy.exchange('')) === received).toBe(true);
    }
    slow.resume();
    expect((await slow.untilClosed('')).length).toBeLessThan(60 * received.length);
  });
}
