import type { RequestListener } from 'node:http';
import { connect as connectNats, type NatsConnection } from '@nats-io/transport-node';
import type { Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleUnder } from '../support/access-page.ts';
import { type Backend, bodyOf, json, startBackend } from '../support/backend.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, type Dialogue, dialogue } from '../support/dialogue.ts';
import { type NatsServer, startNatsServer } from '../support/nats-server.ts';

async function login(broker: TestBroker, username: string, version: 4 | 5 = 5): Promise<Packet | undefined> {
  await using client = await dialogue(broker.port('devices'), version);
  return await client.ask(connectOf('pump', { protocolVersion: version, username, password: Buffer.from('secret') }));
}
const accepted = { cmd: 'connack', reasonCode: 0 };

describe('a server over HTTP', () => {
  let answer: RequestListener;
  const asked: unknown[] = [];
  let server: Backend;
  let broker: TestBroker;
  const { access, listeners } = exampleUnder('A server of yours, over HTTP');
  const exampleWith = (more: object = {}) => {
    const { authenticate } = access['http'] as { authenticate: object };
    return {
      access: {
        ...access,
        http: { authenticate: { ...authenticate, url: `${server.url}/mqtt/auth`, remember: '0s', ...more } },
      },
    };
  };
  beforeAll(async () => {
    const remember = async (...[request, response]: Parameters<RequestListener>): Promise<void> => {
      asked.push({ source: request.headers['x-source'], ...(JSON.parse(await bodyOf(request)) as object) });
      answer(request, response);
    };
    server = await startBackend((request, response) => void remember(request, response));
    broker = await startBroker({ listeners, ...exampleWith() });
  });
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('the example of docs/access.md asks it, and lets in whom it allows', async () => {
    answer = json(200, { result: 'allow', is_superuser: false });
    expect(await login(broker, 'ann')).toMatchObject(accepted);
    expect(asked).toEqual([{ source: 'viaduct', username: 'ann', password: 'secret', clientid: 'pump' }]);
  });

  const cases: readonly (readonly [name: string, says: RequestListener, of5: number, before5: number])[] = [
    ['deny', json(200, { result: 'deny' }), 0x87, 5],
    ['ignore, by everybody', json(200, { result: 'ignore' }), 0x87, 5],
    ['a status of the server', json(500, {}), 0x87, 5],
    ['what stands before it says that it is away', json(503, {}), 0x88, 3],
    ['no answer', (request) => request.socket.destroy(), 0x88, 3],
  ];
  test.each(cases)('%s', async (_name, says, of5, before5) => {
    answer = says;
    expect(await login(broker, 'ann')).toMatchObject({ reasonCode: of5 });
    expect(await login(broker, 'ann', 4)).toMatchObject({ returnCode: before5 });
  });

  test('what it remembers is not asked again; another password is another question', async () => {
    expect(await broker.change(exampleWith({ remember: '10m' }))).toContain('reloaded');
    answer = json(200, { result: 'allow' });
    asked.splice(0);
    for (let index = 0; index < 3; index += 1) expect(await login(broker, 'bob')).toMatchObject(accepted);
    expect(asked).toHaveLength(1);
    answer = json(200, { result: 'deny' });
    await using client = await dialogue(broker.port('devices'));
    const other = connectOf('pump', { username: 'bob', password: Buffer.from('other') });
    expect(await client.ask(other)).toMatchObject({ reasonCode: 0x87 });
  });

  test('expire_at ends the connection', async () => {
    answer = json(200, { result: 'allow', expire_at: Math.floor(Date.now() / 1_000) + 1 });
    await using client = await dialogue(broker.port('devices'));
    await client.ask(connectOf('pump', { username: 'cy', password: Buffer.from('secret') }));
    expect(await client.next()).toMatchObject({ cmd: 'disconnect', reasonCode: 0x87 });
  });

  test('a server that hangs costs clients that are connected nothing, and is left alone after some failures', async () => {
    const more = { timeout: '100ms', failures: 3, pause: '10m', connections: 2 };
    answer = json(200, { result: 'allow' });
    expect(await broker.change(exampleWith(more))).toContain('reloaded');
    await using pair = await dialogue(broker.port('devices'));
    await pair.ask(connectOf('pair', { username: 'ann', password: Buffer.from('secret') }));
    await pair.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] });
    answer = () => undefined;
    const storm = Array.from({ length: 50 }, (_, index) => login(broker, `stranger-${index}`));
    for (let index = 0; index < 50; index += 1) await exchange(pair, index);
    expect(await Promise.all(storm)).toEqual(storm.map(() => expect.objectContaining({ reasonCode: 0x88 })));
    expect(broker.log.text()).toContain('nobody is asked for 600000 ms');
    // what the storm asked may still arrive here: a user of its own tells the questions apart
    expect(await login(broker, 'latecomer')).toMatchObject({ reasonCode: 0x88 });
    expect(asked).not.toContainEqual(expect.objectContaining({ username: 'latecomer' }));
  });

  test('what it is told is never logged', () => {
    expect(broker.log.text()).not.toContain('secret');
  });
});

/** One message at QoS 1 to itself. */
async function exchange(client: Dialogue, messageId: number): Promise<void> {
  client.send({
    cmd: 'publish',
    topic: 't',
    payload: String(messageId),
    qos: 1,
    messageId: messageId + 1,
    retain: false,
    dup: false,
  });
  const came = [await client.next(), await client.next()];
  expect(new Set(came.map((packet) => packet?.cmd))).toEqual(new Set(['puback', 'publish']));
  const publish = came.find((packet) => packet?.cmd === 'publish');
  client.send({ cmd: 'puback', messageId: publish?.messageId ?? 0 });
}

describe('a service on NATS', () => {
  let server: NatsServer;
  let service: NatsConnection;
  let broker: TestBroker;
  const asked: unknown[] = [];
  const { access, listeners } = exampleUnder('A service on NATS');
  beforeAll(async () => {
    server = await startNatsServer();
    service = await connectNats({ servers: server.url });
    broker = await startBroker({ listeners, access, nats: { servers: [server.url] } });
  });
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await service.close();
    await server[Symbol.asyncDispose]();
  });
  const answers = async (answer: (question: { readonly username?: string }) => string | undefined) => {
    const subscription = service.subscribe('viaduct.auth.connect', {
      callback(_error, message) {
        const question = message.json<{ username?: string }>();
        asked.push(question);
        const said = answer(question);
        if (said !== undefined) message.respond(said);
      },
    });
    await service.flush();
    return { [Symbol.asyncDispose]: () => Promise.resolve(subscription.unsubscribe()).then(() => service.flush()) };
  };

  test('where nobody is there, clients hear at once that they may try again', async () => {
    expect(await login(broker, 'ann')).toMatchObject({ reasonCode: 0x88 });
    expect(broker.log.text()).toContain('nobody at NATS answers requests on viaduct.auth.connect');
  });

  test('the example of docs/access.md asks it, as the page has it', async () => {
    await using _answers = await answers(({ username }) =>
      JSON.stringify({ result: username === 'ann' ? 'allow' : 'deny', groups: ['a'] }),
    );
    expect(await login(broker, 'ann')).toMatchObject(accepted);
    expect(await login(broker, 'bob')).toMatchObject({ reasonCode: 0x87 });
    expect(await login(broker, 'bob', 4)).toMatchObject({ returnCode: 5 });
    expect(asked[0]).toEqual({
      clientid: 'pump',
      username: 'ann',
      password: 'secret',
      version: 5,
      listener: 'devices',
      protocol: 'mqtt',
      peerhost: '127.0.0.1',
    });
  });

  test('an answer that is none refuses as unavailable', async () => {
    await using _answers = await answers(() => 'yes');
    expect(await login(broker, 'cy')).toMatchObject({ reasonCode: 0x88 });
  });

  test('a service that says nothing is waited for as long as timeout says', async () => {
    await using _answers = await answers(() => undefined);
    expect(await broker.change({ access: { nats: { authenticate: { timeout: '100ms' } } } })).toContain('reloaded');
    expect(await login(broker, 'dan')).toMatchObject({ reasonCode: 0x88 });
    expect(broker.log.text()).toContain('within 100 ms');
    expect(broker.log.text()).not.toContain('secret');
  });
});
