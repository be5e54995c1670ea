import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { leastOf } from '../support/least-of.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { patienceMs } from '../support/patience.ts';
import { serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const payloads = Array.from({ length: 16_000 }, (_, index) => `${index}`);

/** Milliseconds until all were acknowledged. */
async function publishAll(port: number, topic: string): Promise<number> {
  await using publisher = await SocketClient.open(port, 'publisher');
  const begun = performance.now();
  await publisher.publishAll(topic, payloads);
  return performance.now() - begun;
}

test.each(['nats', 'jetstream'] as const)(
  'with ack: %s, a persistent session that matches costs a publisher little, and has every message in order',
  async (ack) => {
    await using directory = await temporaryDirectory();
    await using nats = await startNatsServer({ config: `jetstream: { store_dir: "${directory.path}" }` });
    const connection = await connect({ servers: nats.url });
    await (await jetstreamManager(connection, { timeout: patienceMs })).streams.add({
      name: 'a',
      subjects: ['a.>'],
      storage: 'memory',
    });
    await connection.close();
    await using broker = await serve({
      nats: { servers: [nats.url] },
      store: { type: 'disk', queue: { messages: 100_000 } },
      bridge: { rules: [{ name: 'all', topic: 'a/#', subject: 'a.>', ack }] },
    });
    const session = { connect: { clean: false } } as const;
    {
      await using away = await SocketClient.open(broker.port, 'away', session);
      await away.subscribe('a/kept', 1);
    }
    await publishAll(broker.port, 'a/warm');
    let rounds = 0;
    const dearer = async (): Promise<number> => {
      const alone = await publishAll(broker.port, 'a/free');
      rounds += 1;
      return (await publishAll(broker.port, 'a/kept')) / alone;
    };
    // when each waited for the commit before it, it took 12 times as long
    expect(await leastOf(5, dearer)).toBeLessThan(5);
    await using back = await SocketClient.open(broker.port, 'away', session);
    const all = Array.from({ length: rounds }, () => payloads).flat();
    await expect.poll(() => back.messages.length).toBe(all.length);
    expect(back.messages.map(({ payload }) => payload.toString())).toEqual(all);
  },
);
