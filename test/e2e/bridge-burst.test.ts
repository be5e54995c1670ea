import { connect } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { startNatsServer } from '../support/nats-server.ts';
import { serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';

const burst = Array.from({ length: 20_000 }, (_, index) => `${index}`);
const session = { connect: { clean: false } } as const;
const rules = [{ name: 'all', topic: 'a/#', subject: 'a.>' }];

describe.each(['disk', 'memory'] as const)(
  'a burst of NATS messages, twice as many as a queue takes, store: %s',
  (type) => {
    test('comes whole and in order to a connected persistent session', async () => {
      await using nats = await startNatsServer();
      await using broker = await serve({ nats: { servers: [nats.url] }, store: { type }, bridge: { rules } });
      await using client = await SocketClient.open(broker.port, 'session', session);
      await client.subscribe('a/#', 1);
      const service = await connect({ servers: nats.url });
      for (const payload of burst) service.publish('a.b', payload);
      await service.flush();
      await expect.poll(() => client.messages.length).toBe(burst.length);
      expect(client.messages.map(({ payload }) => payload.toString())).toEqual(burst);
      expect(await broker.metric('store_dropped_total')).toBe(0);
      await service.close();
    });

    test('does not hold up others where one session does not read, and says what it drops', async () => {
      await using nats = await startNatsServer();
      await using broker = await serve({
        nats: { servers: [nats.url] },
        store: { type, queue: { messages: 1_000 } },
        bridge: { rules, maxHeld: '1MiB' },
      });
      await using silent = await SocketClient.open(broker.port, 'silent', { ...session, answers: false });
      await silent.subscribe('a/#', 1);
      await using reader = await SocketClient.open(broker.port, 'reader', session);
      await reader.subscribe('a/#', 1);
      const service = await connect({ servers: nats.url });
      for (let start = 0; start < burst.length; start += 200) {
        for (const payload of burst.slice(start, start + 200)) service.publish('a.b', payload);
        await service.flush();
        await expect.poll(() => reader.messages.length, { interval: 1 }).toBe(start + 200);
      }
      expect(reader.messages.map(({ payload }) => payload.toString())).toEqual(burst);
      const dropped = await broker.metric('mqtt_held_dropped_total');
      expect(dropped).toBeGreaterThan(10_000);
      expect(await broker.metric('store_dropped_total')).toBe(0);
      const lines = broker.program.stderr.text().split('\n');
      expect(lines.filter((line) => line.includes('bridge.maxHeld'))).toEqual([expect.stringContaining('silent')]);
      await silent[Symbol.asyncDispose]();
      await service.close();
    });

    test('leaves in the queue what waited for a client that goes away', async () => {
      await using nats = await startNatsServer();
      const store = { type, queue: { messages: 4_000 } };
      await using broker = await serve({ nats: { servers: [nats.url] }, store, bridge: { rules } });
      const service = await connect({ servers: nats.url });
      {
        await using silent = await SocketClient.open(broker.port, 'session', { ...session, answers: false });
        await silent.subscribe('a/#', 1);
        for (const payload of burst.slice(0, 3_500)) service.publish('a.b', payload);
        await service.flush();
        await expect.poll(() => broker.metric('bridge_messages_total', 'from-nats')).toBe(3_500);
      }
      await using back = await SocketClient.open(broker.port, 'session', session);
      await expect.poll(() => back.messages.length).toBe(3_500);
      expect(back.messages.map(({ payload }) => payload.toString())).toEqual(burst.slice(0, 3_500));
      await service.close();
    });
  },
);
