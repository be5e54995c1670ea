import { connect, errors } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { startNatsServer } from '../support/nats-server.ts';
import { serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';

test('subscribe: on-demand takes messages from NATS only while a connected client wants them', async () => {
  await using nats = await startNatsServer();
  const rules = [
    {
      name: 'live',
      topic: 'live/{rest...}',
      subject: 'live.{rest...}',
      direction: 'from-nats',
      subscribe: 'on-demand',
    },
    { name: 'always', topic: 'always/#', subject: 'always.>' },
  ];
  await using broker = await serve({ nats: { servers: [nats.url] }, bridge: { rules } });
  const service = await connect({ servers: nats.url });
  /** The server says at once when nobody has subscribed; somebody who has does not answer. */
  const isTaken = (subject: string): Promise<boolean> =>
    service.request(subject, 'x', { timeout: 100 }).then(
      () => true,
      (error: unknown) => !(error instanceof errors.RequestError && error.isNoResponders()),
    );
  expect(await isTaken('live.a')).toBe(false);
  expect(await isTaken('always.a')).toBe(true);
  await using one = await SocketClient.open(broker.port, 'one');
  await one.subscribe('other/#', 0);
  expect(await isTaken('live.a')).toBe(false);
  await one.subscribe('+/a', 0);
  await expect.poll(() => isTaken('live.a')).toBe(true);
  await using two = await SocketClient.open(broker.port, 'two', { connect: { clean: false } });
  await two.subscribe('live/#', 1);
  const heard = two.messages.length;
  service.publish('live.b', 'for two');
  await expect.poll(() => two.messages.slice(heard).map(({ payload }) => payload.toString())).toContain('for two');
  await one.ask({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['+/a'] }, 'unsuback');
  expect(await isTaken('live.a')).toBe(true);
  await two[Symbol.asyncDispose]();
  await expect.poll(() => isTaken('live.a')).toBe(false);
  await service.close();
});
