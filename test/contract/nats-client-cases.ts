import {
  connect,
  createInbox,
  errors,
  headers,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patienceMs } from '../support/patience.ts';
import type { NatsServer, StartNats } from './nats-process.ts';

/** Takes `count` messages of a subscription. */
async function take(subscription: Subscription, count: number): Promise<Msg[]> {
  const taken: Msg[] = [];
  for await (const message of subscription) {
    taken.push(message);
    if (taken.length === count) break;
  }
  return taken;
}

/** Cases with nats.js. */
export function clientCases(start: StartNats): void {
  let server: NatsServer;
  let one: NatsConnection;
  let two: NatsConnection;
  beforeAll(async () => {
    server = await start();
    one = await connect({ servers: server.url, name: 'one' });
    two = await connect({ servers: server.url, name: 'two' });
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await server[Symbol.asyncDispose]();
  });

  test('publish and subscribe with wildcards', async () => {
    const subscription = two.subscribe('plants.*.temperature.>');
    await two.flush();
    for (const subject of ['plants.a.temperature', 'plants.a.temperature.x', 'plants.b.temperature.y.z'])
      one.publish(subject, subject);
    const messages = await take(subscription, 2);
    expect(messages.map((message) => message.string())).toEqual(['plants.a.temperature.x', 'plants.b.temperature.y.z']);
    expect(messages.map((message) => message.subject)).toEqual(messages.map((message) => message.string()));
  });

  test('request and reply', async () => {
    const service = two.subscribe('service.upper', {
      callback: (_error, message) => void message.respond(message.string().toUpperCase()),
    });
    await two.flush();
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => one.request('service.upper', `call ${index}`, { timeout: patienceMs })),
    );
    expect(replies.map((reply) => reply.string())).toEqual(replies.map((_, index) => `CALL ${index}`));
    service.unsubscribe();
  });

  test('a request that nobody serves fails at once', async () => {
    const failure = await one.request('nobody.serves', '', { timeout: 20_000 }).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(errors.RequestError);
    expect((failure as InstanceType<typeof errors.RequestError>).isNoResponders()).toBe(true);
  });

  test('headers arrive with all their values', async () => {
    const subscription = two.subscribe('headed', { max: 1 });
    await two.flush();
    const sent = headers();
    sent.append('Traceparent', '00-a');
    sent.append('Many', '1');
    sent.append('Many', 'zwei ü');
    one.publish('headed', new Uint8Array([0, 255, 13, 10]), { headers: sent, reply: 'answer.here' });
    const [message] = await take(subscription, 1);
    expect(message?.headers?.values('Many')).toEqual(['1', 'zwei ü']);
    expect(message?.headers?.get('Traceparent')).toBe('00-a');
    expect(message?.reply).toBe('answer.here');
    expect([...(message?.data ?? [])]).toEqual([0, 255, 13, 10]);
  });

  test('each message of a queue goes to one member, and every member gets some', async () => {
    const counts = [0, 0, 0, 0];
    const seen = new Set<string>();
    const members = counts.map((_, index) =>
      (index % 2 === 0 ? one : two).subscribe('work.*', {
        queue: 'workers',
        callback: (_error, message) => {
          counts[index] = (counts[index] ?? 0) + 1;
          seen.add(message.string());
        },
      }),
    );
    await Promise.all([one.flush(), two.flush()]);
    for (let count = 0; count < 1_000; count++) two.publish(`work.${count % 7}`, String(count));
    await two.flush();
    await one.flush();
    expect(counts.reduce((sum, count) => sum + count)).toBe(1_000);
    expect(seen.size).toBe(1_000);
    expect(Math.min(...counts)).toBeGreaterThan(100);
    for (const member of members) member.unsubscribe();
  });

  test('a subscription with a maximum ends by itself', async () => {
    const subscription = two.subscribe('three.only', { max: 3 });
    await two.flush();
    for (let count = 0; count < 10; count++) one.publish('three.only', String(count));
    await one.flush();
    const got: string[] = [];
    for await (const message of subscription) got.push(message.string());
    expect(got).toEqual(['0', '1', '2']);
  });

  test('after unsubscribe nothing comes', async () => {
    const got: string[] = [];
    const subscription = two.subscribe('stop.it', { callback: (_error, message) => void got.push(message.string()) });
    await two.flush();
    one.publish('stop.it', 'before');
    await one.flush();
    await two.flush();
    subscription.unsubscribe();
    await two.flush();
    one.publish('stop.it', 'after');
    await one.flush();
    await two.flush();
    expect(got).toEqual(['before']);
  });

  test('a connection without echo does not hear itself', async () => {
    await using deaf = await connect({ servers: server.url, noEcho: true });
    const got: string[] = [];
    deaf.subscribe('echo', { callback: (_error, message) => void got.push(message.string()) });
    await deaf.flush();
    deaf.publish('echo', 'own');
    await deaf.flush();
    one.publish('echo', 'other');
    await one.flush();
    await deaf.flush();
    expect(got).toEqual(['other']);
  });

  test('verbose and pedantic connections work', async () => {
    await using strict = await connect({ servers: server.url, verbose: true, pedantic: true });
    const inbox = createInbox();
    const subscription = strict.subscribe(inbox, { max: 1 });
    strict.publish(inbox, 'hello');
    expect((await take(subscription, 1)).map((message) => message.string())).toEqual(['hello']);
    expect(await strict.rtt()).toBeGreaterThanOrEqual(0);
  });

  test('payloads up to the limit arrive unchanged', async () => {
    const sizes = [1, 4_095, 8_192, 65_535, 65_536, 262_144, 1_048_576];
    const subscription = two.subscribe('sizes');
    await two.flush();
    for (const size of sizes)
      one.publish(
        'sizes',
        new Uint8Array(size).map((_, index) => index % 251),
      );
    const messages = await take(subscription, sizes.length);
    expect(messages.map((message) => message.data.length)).toEqual(sizes);
    for (const message of messages) expect(message.data.every((byte, index) => byte === index % 251)).toBe(true);
  });

  test('drain delivers what is under way and closes', async () => {
    const draining = await connect({ servers: server.url });
    const got: string[] = [];
    draining.subscribe('drain', { callback: (_error, message) => void got.push(message.string()) });
    await draining.flush();
    for (let count = 0; count < 500; count++) one.publish('drain', String(count));
    await one.flush();
    await draining.drain();
    expect(got).toHaveLength(500);
    expect(draining.isClosed()).toBe(true);
  });

  test('a hundred thousand small messages arrive in order', async () => {
    const total = 100_000;
    let next = 0;
    const done = new Promise<void>((resolve, reject) => {
      two.subscribe('many', {
        callback: (_error, message) => {
          if (message.string() !== String(next)) reject(new Error(`${message.string()} instead of ${next}`));
          next += 1;
          if (next === total) resolve();
        },
      });
    });
    await two.flush();
    for (let count = 0; count < total; count++) one.publish('many', String(count));
    await done;
    expect(next).toBe(total);
  });

  test('a hundred clients hear one', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => connect({ servers: server.url })));
    const heard = clients.map((client) => take(client.subscribe('all', { max: 1 }), 1));
    await Promise.all(clients.map((client) => client.flush()));
    one.publish('all', 'hear');
    expect((await Promise.all(heard)).flat().map((message) => message.string())).toEqual(clients.map(() => 'hear'));
    await Promise.all(clients.map((client) => client.close()));
  });
}
