import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IConnackPacket, IConnectPacket, ISubackPacket, Packet } from 'mqtt-packet';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, dialogue } from '../support/dialogue.ts';
import { version1, version2 } from '../support/proxy-bytes.ts';
import { SocketClient } from '../support/socket-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { publishPacket as publish } from '../support/wire-client.ts';

/** Who is in, and wants what is not its own: against the whole broker, over sockets, with passwords and rules of a file. */

const users = ['admin', 'bob', 'eve'] as const;
type User = (typeof users)[number];

const admin = { allow: 'all', user: 'admin', topics: ['#'] };
const own = { allow: 'all', topics: ['u/%u/#', 'c/%c/#'] };
const directory = await temporaryDirectory();
const file = join(directory.path, 'passwd');
const accessOf = (...rules: readonly object[]) => ({
  passwords: { file, rehash: false, argon2: { memory: '1MiB', passes: 1 } },
  anonymous: ['elsewhere'],
  rules: [admin, ...rules],
});
const listener = { bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] };

let broker: TestBroker;
beforeAll(async () => {
  const hash = await argon2Hash(Buffer.from('secret'), { memoryKiB: 1_024, passes: 1, lanes: 1 });
  await writeFile(file, users.map((user) => `${user}:${hash}\n`).join(''));
  broker = await startBroker({
    listeners: [
      { ...listener, name: 'users' },
      { ...listener, name: 'elsewhere', proxy: { from: ['192.0.2.0/24'] } },
    ],
    access: accessOf(own),
  });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const login = (user: User) => ({ username: user, password: Buffer.from('secret') });
const open: SocketClient[] = [];
afterEach(async () => {
  for (const client of open.splice(0)) await client[Symbol.asyncDispose]();
});

async function connect(user: User, more: Partial<IConnectPacket> = {}, clientId = `${user}-${open.length}`) {
  const client = await SocketClient.open(broker.port('users'), clientId, {
    connect: { protocolVersion: 5, ...login(user), ...more },
  });
  open.push(client);
  return client;
}

/** @returns CONNACK of a client that then goes; undefined where there is none */
async function answerTo(clientId: string, user: User, more: Partial<IConnectPacket> = {}): Promise<number | undefined> {
  await using client = await dialogue(broker.port('users'), more.protocolVersion === 4 ? 4 : 5);
  const answer = (await client.ask(connectOf(clientId, { ...login(user), ...more }))) as IConnackPacket | undefined;
  return answer?.reasonCode ?? answer?.returnCode;
}

async function subscribe(client: SocketClient, ...topics: readonly string[]): Promise<readonly unknown[]> {
  const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
  return ((await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions }, 'suback')) as ISubackPacket).granted;
}

const reasonOf = (packet: Packet): number | undefined => ('reasonCode' in packet ? (packet.reasonCode ?? 0) : 0);
const topicsOf = ({ messages }: SocketClient): string[] => messages.map(({ topic }) => topic);
/** Resolves when the broker has handled all that a client sent, and sent all that it has for it. */
const settle = (client: SocketClient) =>
  client.ask({ cmd: 'unsubscribe', messageId: 65_535, unsubscriptions: ['settle/none'] }, 'unsuback');

/** What looks like `eve`: a Cyrillic and a full-width letter, a letter with a mark of its own, blanks that are not seen. */
const lookAlikes = ['\u0435ve', '\uff45ve', 'e\u0301ve', 'eve\u200b', '\u202eeve', 'EVE', ' eve', 'eve ', 'eve.'];
const outside = [
  'u',
  'u/bob/x',
  'u//eve',
  '/u/eve',
  '//',
  'u/',
  'u/bob/',
  'c/bob-0/x',
  ...lookAlikes.map((name) => `u/${name}`),
];
const wide = [
  '#',
  '+',
  '+/+',
  '+/+/+',
  '/#',
  '/+',
  'u/#',
  'u/+',
  'u/+/x',
  'u/+/#',
  '+/eve/#',
  '+/bob/#',
  'c/#',
  'c/+/x',
];
const shared = ['#', 'u/#', 'u/bob/#', '+/+/+'].map((filter) => `$share/g/${filter}`);

describe('a user that may do only what is its own', () => {
  const filters = [...outside, ...wide, ...shared, '$share/u/eve/#', '$SYS/#', '$pki/#'];

  test.each([
    [5, 0x87],
    [4, 0x80],
  ] as const)(
    'MQTT %i: gets no filter beyond it, and hears nothing, live or retained [MQTT-3.9.3]',
    async (protocolVersion, code) => {
      const publisher = await connect('admin');
      await publisher.ask(publish('u/bob/x', 1, 1, true), 'puback');
      const eve = await connect('eve', { protocolVersion });
      expect(await subscribe(eve, ...filters)).toEqual(filters.map(() => code));
      for (const [index, topic] of outside.entries()) await publisher.ask(publish(topic, 1, index + 2), 'puback');
      await settle(eve);
      expect(topicsOf(eve)).toEqual([]);
    },
  );

  test('publishes on no topic beyond it, at any QoS, retained or not, by alias or not [MQTT-3.4.2]', async () => {
    const reader = await connect('admin');
    await subscribe(reader, '#', '/#', '+/#');
    const eve = await connect('eve');
    for (const topic of outside) {
      eve.send(publish(topic, 0, 0, true));
      expect([topic, reasonOf(await eve.ask(publish(topic, 1, 1, true), 'puback'))]).toEqual([topic, 0x87]);
      expect([topic, reasonOf(await eve.ask(publish(topic, 2, 2), 'pubrec'))]).toEqual([topic, 0x87]);
      const aliased = { ...publish(topic, 1, 3), properties: { topicAlias: 1 } } as Packet;
      expect([topic, reasonOf(await eve.ask(aliased, 'puback'))]).toEqual([topic, 0x87]);
    }
    expect(reasonOf(await eve.ask(publish('u/eve/ok', 1, 4), 'puback'))).toBe(0);
    await settle(reader);
    const live = reader.messages.filter(({ retain }) => !retain);
    expect(new Set(live.map(({ topic }) => topic))).toEqual(new Set(['u/eve/ok']));
  });

  test.each(['+', '#', 'x/+', 'x/#', 'a/b', '/', '%u', '$share', 'bob-0/#'])(
    'reaches no further with the client id %s',
    async (clientId) => {
      const eve = await connect('eve', {}, clientId);
      const granted = await subscribe(eve, 'c/#', 'c/+/x', 'c/bob-0/x', `u/${clientId}`);
      expect(granted).toEqual([0x87, 0x87, 0x87, 0x87]);
      expect(reasonOf(await eve.ask(publish('c/bob-0/x', 1, 1), 'puback'))).toBe(0x87);
    },
  );

  test.each(outside)('leaves no will on %s: its CONNECT is refused [MQTT-3.1.2-8]', async (topic) => {
    const will = { topic, payload: Buffer.from('w'), qos: 1, retain: true } as const;
    expect(await answerTo('eve-will', 'eve', { will })).toBe(0x87);
    expect(await answerTo('eve-will', 'eve', { will, protocolVersion: 4 })).toBe(5);
  });
});

test.each([true, false])('nobody takes the client id of another user (clean session: %s)', async (clean) => {
  const bob = await connect('bob', { clean, properties: { sessionExpiryInterval: clean ? 0 : 600 } }, 'of-bob');
  expect(await subscribe(bob, 'u/bob/#')).toEqual([1]);
  for (const asksClean of [true, false]) expect(await answerTo('of-bob', 'eve', { clean: asksClean })).toBe(0x87);
  await (await connect('admin')).ask(publish('u/bob/x', 1, 1), 'puback');
  await settle(bob);
  expect(topicsOf(bob)).toContain('u/bob/x');
});

describe('when a rule goes', () => {
  const wider = { allow: 'all', topics: ['team/#'] };

  test('an alias set before is judged by its topic, a will is not sent, and what is subscribed ends', async () => {
    await broker.change({ access: accessOf(own, wider) });
    const reader = await connect('admin');
    await subscribe(reader, 'team/#');
    const will = { topic: 'team/will', payload: Buffer.from('w'), qos: 1, retain: false } as const;
    const eve = await connect('eve', { will });
    const aliased = (topic: string, id: number) =>
      ({ ...publish(topic, 1, id), properties: { topicAlias: 1 } }) as Packet;
    expect(reasonOf(await eve.ask(aliased('team/a', 1), 'puback'))).toBe(0);
    expect(await subscribe(eve, 'team/#', '$share/g/team/#')).toEqual([1, 1]);
    await broker.change({ access: accessOf(own) });
    expect(reasonOf(await eve.ask(aliased('', 2), 'puback'))).toBe(0x87);
    await reader.ask(publish('team/b', 1, 3, true), 'puback');
    await settle(eve);
    expect(topicsOf(eve)).toEqual([]);
    await eve[Symbol.asyncDispose](); // without DISCONNECT
    await broker.log.waitFor(/was denied: .*team\/will/);
    await settle(reader);
    expect(topicsOf(reader)).toEqual(['team/a', 'team/b']);
  });

  test('a session that comes back has neither its subscription, nor what was queued, nor what is retained', async () => {
    await broker.change({ access: accessOf(own, wider) });
    const lasting = { clean: false, properties: { sessionExpiryInterval: 600 } };
    const eve = await connect('eve', lasting, 'eve-lasting');
    expect(await subscribe(eve, 'team/#', 'u/eve/#')).toEqual([1, 1]);
    await eve[Symbol.asyncDispose]();
    const publisher = await connect('admin');
    await publisher.ask(publish('team/queued', 1, 1, true), 'puback');
    await publisher.ask(publish('u/eve/queued', 1, 2), 'puback');
    await broker.change({ access: accessOf(own) });
    const back = await connect('eve', lasting, 'eve-lasting');
    expect(back.isResumed).toBe(true);
    await publisher.ask(publish('team/live', 1, 3), 'puback');
    await settle(back);
    await expect.poll(() => topicsOf(back), { interval: 1 }).toEqual(['u/eve/queued']);
    expect(await subscribe(back, 'team/queued')).toEqual([0x87]);
  });
});

test.each([
  ['version 1', version1('127.0.0.1')],
  ['version 2', version2()],
])('a PROXY header from a peer that is no proxy makes nobody local: %s', async (_name, header) => {
  await using client = await dialogue(broker.port('elsewhere'));
  client.socket.write(header);
  expect(await client.ask(connectOf('local'))).toBeUndefined();
  await broker.log.waitFor(/proxy-untrusted/);
});
