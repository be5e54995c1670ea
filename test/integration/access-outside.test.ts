import type { RequestListener } from 'node:http';
import { connect as connectNats, type NatsConnection } from '@nats-io/transport-node';
import type { ISubackPacket } from 'mqtt-packet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { exampleUnder } from '../support/access-page.ts';
import { type Backend, bodyOf, json, startBackend } from '../support/backend.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, type Dialogue, dialogue } from '../support/dialogue.ts';
import { type NatsServer, startNatsServer } from '../support/nats-server.ts';

interface Question {
  readonly action: string;
  readonly topic: string;
}

const { access, listeners } = exampleUnder('Services that are asked', 'docs/access-rules.md');
let server: Backend;
let nats: NatsServer;
let service: NatsConnection;
let broker: TestBroker;
/** What the server says; those that it ignores the service on NATS is asked about. */
let says: (question: Question) => RequestListener;
let allows: (question: Question) => string;
const asked: { readonly server: unknown[]; readonly nats: unknown[] } = { server: [], nats: [] };

const configOf = (more: object = {}) => {
  const { http, nats: overNats } = access as Record<'http' | 'nats', { authorize: object }>;
  return {
    listeners: listeners.map((one) => ({ ...one, authentication: ['anonymous'] })),
    access: {
      anonymous: ['devices'],
      rules: access['rules'],
      http: { authorize: { ...http.authorize, url: `${server.url}/mqtt/acl`, ...more } },
      nats: { authorize: { ...overNats.authorize, remember: '0s' } },
    },
  };
};

beforeAll(async () => {
  const hear = async (...[request, response]: Parameters<RequestListener>): Promise<void> => {
    const question = JSON.parse(await bodyOf(request)) as Question;
    asked.server.push(question);
    says(question)(request, response);
  };
  server = await startBackend((request, response) => void hear(request, response));
  nats = await startNatsServer();
  service = await connectNats({ servers: nats.url });
  service.subscribe('viaduct.auth.authorize', {
    callback(_error, message) {
      const question = message.json<Question>();
      asked.nats.push(question);
      message.respond(JSON.stringify({ result: allows(question) }));
    },
  });
  await service.flush();
  broker = await startBroker({ ...configOf({ remember: '0s' }), nats: { servers: [nats.url] } });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await service.close();
  await nats[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  says = () => json(200, { result: 'ignore' });
  allows = () => 'ignore';
  for (const list of [asked.server, asked.nats]) list.splice(0);
});

async function connected(clientId: string, version: 4 | 5 = 5): Promise<Dialogue> {
  const client = await dialogue(broker.port('devices'), version);
  await client.ask(connectOf(clientId, { protocolVersion: version }));
  return client;
}
const published = (client: Dialogue, topic: string, qos: 1 | 2 = 1) =>
  client.ask({ cmd: 'publish', topic, payload: 'x', qos, retain: false, dup: false, messageId: 7 });
const granted = async (client: Dialogue, ...topics: string[]) => {
  const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
  return ((await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions })) as ISubackPacket).granted;
};

test('the example of docs/access-rules.md: rules first, then the server, then NATS, and what nobody allows is denied', async () => {
  says = ({ topic }) => json(200, { result: topic === 'http' ? 'allow' : topic === 'http/no' ? 'deny' : 'ignore' });
  allows = ({ topic }) => (topic === 'nats' ? 'allow' : 'ignore');
  await using client = await connected('pump');
  for (const [topic, reasonCode] of [
    ['users/anonymous/x', 0x10],
    ['secret/x', 0x87],
    ['http', 0x10],
    ['http/no', 0x87],
    ['nats', 0x10],
    ['nobody', 0x87],
  ] as const)
    expect(await published(client, topic)).toMatchObject({ cmd: 'puback', reasonCode });
  const topics = ['http', 'http/no', 'nats', 'nobody'];
  expect(asked.server).toEqual(
    topics.map((topic) => ({ username: '', clientid: 'pump', action: 'publish', topic, qos: '1' })),
  );
  expect(asked.nats[0]).toEqual({
    action: 'publish',
    topic: 'nats',
    qos: 1,
    retain: false,
    clientid: 'pump',
    listener: 'devices',
    protocol: 'mqtt',
    peerhost: '127.0.0.1',
  });
});

test('a filter is asked about as a whole, without group, where no rule denies a part of it', async () => {
  says = ({ topic }) => json(200, { result: topic === 'a/#' || topic === 'users/#' ? 'allow' : 'deny' });
  await using client = await connected('pump');
  expect(await granted(client, '$share/g/a/#', 'users/#', 'b', '#', 'users/anonymous/+')).toEqual([
    1, 1, 0x87, 0x87, 1,
  ]);
  expect(asked.server).toEqual(
    ['a/#', 'users/#', 'b'].map((topic) => expect.objectContaining({ action: 'subscribe', topic })),
  );
});

test('204 allows; a status that nobody expected, and an answer that is ignored, leave it to the next', async () => {
  const statuses = { 'status/204': 204, 'status/404': 404, 'status/500': 500 } as const;
  says =
    ({ topic }) =>
    (_request, response) =>
      response.writeHead(statuses[topic as keyof typeof statuses]).end();
  allows = ({ topic }) => (topic === 'status/500' ? 'allow' : 'ignore');
  await using client = await connected('pump');
  for (const [topic, reasonCode] of [
    ['status/204', 0x10],
    ['status/404', 0x87],
    ['status/500', 0x10],
  ] as const)
    expect(await published(client, topic)).toMatchObject({ reasonCode });
});

test.each([
  ['is away', () => json(503, {})],
  ['says what is no answer', () => json(200, { result: 'perhaps' })],
  ['closes the connection', (): RequestListener => (request) => request.socket.destroy()],
])(
  'a server that %s allows nothing: 0x83, before MQTT 5 the end, and nobody behind it is asked',
  async (_how, answer) => {
    says = answer;
    allows = () => 'allow';
    await using five = await connected('five');
    expect(await published(five, 'a')).toMatchObject({ cmd: 'puback', reasonCode: 0x83 });
    expect(await published(five, 'a', 2)).toMatchObject({ cmd: 'pubrec', reasonCode: 0x83 });
    expect(await granted(five, 'a')).toEqual([0x83]);
    await using four = await connected('four', 4);
    expect(await granted(four, 'a')).toEqual([0x80]);
    expect(await published(four, 'a')).toBeUndefined();
    expect(asked.nats).toEqual([]);
  },
);

test('what is remembered is asked once, until the settings are others', async () => {
  says = () => json(200, { result: 'allow' });
  expect(await broker.change(configOf({ remember: '10m' }))).toContain('reloaded');
  await using client = await connected('pump');
  await using other = await connected('other');
  for (let index = 0; index < 3; index += 1) {
    expect(await published(client, 'a')).toMatchObject({ reasonCode: 0x10 });
    expect(await published(other, 'a')).toMatchObject({ reasonCode: 0x10 });
  }
  expect(asked.server).toHaveLength(2);
  says = () => json(200, { result: 'deny' });
  expect(await broker.change(configOf({ remember: '0s' }))).toContain('reloaded');
  expect(await published(client, 'a')).toMatchObject({ reasonCode: 0x87 });
});

test('a will is asked about at CONNECT', async () => {
  says = ({ topic }) => json(200, { result: topic === 'w/yes' ? 'allow' : 'deny' });
  const will = { payload: Buffer.from('w'), qos: 0, retain: false } as const;
  for (const [topic, reasonCode] of [
    ['w/yes', 0],
    ['w/no', 0x87],
  ] as const) {
    await using client = await dialogue(broker.port('devices'));
    expect(await client.ask(connectOf('will', { will: { topic, ...will } }))).toMatchObject({ reasonCode });
  }
});

test('a server that hangs costs clients that do not need it nothing, and is left alone after some failures', async () => {
  expect(await broker.change(configOf({ timeout: '100ms', failures: 3, pause: '10m' }))).toContain('reloaded');
  says = () => () => undefined;
  await using needy = await connected('needy');
  needy.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 1, retain: false, dup: false, messageId: 1 });
  await using other = await connected('other');
  for (let index = 0; index < 20; index += 1)
    expect(await published(other, 'users/anonymous/x')).toMatchObject({ reasonCode: 0x10 });
  expect(await needy.next()).toMatchObject({ cmd: 'puback', reasonCode: 0x83 });
  for (let index = 0; index < 2; index += 1) expect(await published(needy, 'a')).toMatchObject({ reasonCode: 0x83 });
  expect(broker.log.text()).toContain('access.http.authorize: nobody is asked for 600000 ms');
  const before = asked.server.length;
  expect(await published(needy, 'b')).toMatchObject({ reasonCode: 0x83 });
  expect(asked.server).toHaveLength(before);
});
