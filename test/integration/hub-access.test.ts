import { appendFile, writeFile } from 'node:fs/promises';
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { natsRawClient } from '../contract/nats-raw-client.ts';
import { passwordLine, startGuardedHub } from '../support/guarded-hub.ts';
import { remember } from '../support/mqtt-client.ts';
import { startNatsServer } from '../support/nats-server.ts';

const rules = [
  { deny: 'subscribe', listener: 'hub', user: 'ann', topics: ['s/#'] },
  { allow: ['publish', 'subscribe'], listener: 'hub', user: 'ann', topics: ['a/#', '_INBOX/#'] },
  { allow: 'subscribe', listener: 'hub', user: 'ann', topics: ['b/#'] },
  { allow: 'all', listener: 'hub', user: 'root', topics: ['#'] },
  { allow: 'all', listener: ['nats', 'mqtt'], topics: ['#'] },
];
const permissions = `authorization {
  timeout: 1
  users = [ { user: ann, password: "of ann", permissions: {
    publish: ["a.>", "_INBOX.>"], subscribe: { allow: ["a.>", "_INBOX.>", "b.>"], deny: "s.>" } } } ]
}`;

const login = (user: string, more: object = {}, password = `of ${user}`): string =>
  `CONNECT ${JSON.stringify({ verbose: false, user, pass: password, ...more })}\r\n`;
const refused = "-ERR 'Authorization Violation'\r\n";

const hub = () => startGuardedHub(['ann', 'root', 'bob'], { rules }, { connectTimeout: '600ms' });

describe.each([
  { name: 'the embedded hub', start: hub },
  { name: 'nats-server', start: () => startNatsServer({ config: permissions }) },
])('$name, down to the bytes', ({ start }) => {
  let server: AsyncDisposable & { readonly port: number };
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('INFO asks for a login', async () => {
    await using client = await natsRawClient(server.port);
    expect(client.info).toMatchObject({ auth_required: true });
    expect(client.info).not.toHaveProperty('tls_required');
  });

  test.each([
    ['an operation before CONNECT', 'PING\r\n', refused],
    ['a message before CONNECT', 'PUB a.b 2\r\nhi\r\n', refused],
    ['a subscription before CONNECT', 'SUB a.b 1\r\n', refused],
    ['what is no operation', 'FOO\r\n', refused],
    ['a CONNECT that says nothing', 'CONNECT {}\r\n', refused],
    ['a wrong password', `${login('ann', {}, 'x')}PING\r\n`, refused],
    ['a user that there is not', login('eve'), refused],
    ['a user without a password', 'CONNECT {"user":"ann"}\r\n', refused],
    ['a token where there is a password', 'CONNECT {"auth_token":"x"}\r\n', refused],
    ['a user that is no text', 'CONNECT {"user":3}\r\n', ''],
    ['half of a CONNECT', 'CONN', "-ERR 'Authentication Timeout'\r\n"],
    ['a second CONNECT with a wrong password', `${login('ann')}${login('ann', {}, 'x')}PING\r\n`, refused],
  ])('%s ends the connection', async (_what, sent, received) => {
    await using client = await natsRawClient(server.port);
    expect(await client.untilClosed(sent)).toBe(received);
  });

  const denied = (what: string): string => `-ERR 'Permissions Violation for ${what}'\r\n`;

  test.each([
    ['a right password lets in', '', ''],
    ['verbose: it is told so', 'CONNECT {"verbose":true}\r\n', '+OK\r\n'],
    ['what may be published and read is', 'SUB a.* 1\r\nPUB a.b 2\r\nhi\r\n', 'MSG a.b 1 2\r\nhi\r\n'],
    ['what may not be published is not', 'SUB b.> 1\r\nPUB b.c 2\r\nhi\r\n', denied('Publish to "b.c"')],
    ['what may not be read is not', 'SUB c 1\r\nUNSUB 1\r\n', denied('Subscription to "c"')],
    ['what is denied is not', 'SUB s.x 1\r\n', denied('Subscription to "s.x"')],
    ['in a queue neither', 'SUB c q 1\r\n', denied('Subscription to "c" using queue "q"')],
    ['in other letters', 'PUB c\xc3\xa4"\x01 0\r\n\r\n', denied('Publish to "c\xc3\xa4\\"\\x01"')],
    [
      'verbose: what is denied is answered by -ERR alone',
      'CONNECT {"verbose":true}\r\nSUB c 1\r\nPUB c 0\r\n\r\nSUB a.b 2\r\n',
      `+OK\r\n${denied('Subscription to "c"')}${denied('Publish to "c"')}+OK\r\n`,
    ],
    [
      'the others work on',
      'SUB a.b 1\r\nPUB c 2\r\nhi\r\nPUB a.b 2\r\nhi\r\n',
      `${denied('Publish to "c"')}MSG a.b 1 2\r\nhi\r\n`,
    ],
  ])('%s', async (_what, sent, received) => {
    await using client = await natsRawClient(server.port);
    expect(await client.exchange(`${login('ann')}${sent}`)).toBe(received);
  });
});

const natsClient = (port: number, options: ConnectionOptions): Promise<NatsConnection> =>
  connect({ servers: `nats://127.0.0.1:${port}`, reconnect: false, ...options });
const as = (user: string) => ({ user, pass: `of ${user}` });

describe('the hub and its broker', () => {
  let world: Awaited<ReturnType<typeof startGuardedHub>>;
  beforeAll(async () => {
    world = await hub();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('nats.js comes in with its password and in no other way, and requests are answered', async () => {
    await expect(natsClient(world.port, {})).rejects.toThrow(/Authorization Violation/i);
    await expect(natsClient(world.port, { user: 'ann', pass: 'x' })).rejects.toThrow(/Authorization Violation/i);
    await using service = await natsClient(world.port, as('root'));
    await using ann = await natsClient(world.port, as('ann'));
    service.subscribe('a.echo', { callback: (_error, message) => void message.respond(message.data) });
    await service.flush();
    expect((await ann.request('a.echo', 'hi')).string()).toBe('hi');
  });

  test('nats.js is told which subject it may not subscribe to', async () => {
    await using ann = await natsClient(world.port, as('ann'));
    const subscription = ann.subscribe('secret.>');
    await expect(subscription[Symbol.asyncIterator]().next()).rejects.toMatchObject({ subject: 'secret.>' });
  });

  test('a subscription that would bring more than is allowed is refused, whatever its wildcards', async () => {
    await using client = await natsRawClient(world.port);
    await client.exchange(login('ann'));
    for (const subject of ['>', '*.x', '*', 'a', '*.>', 'c.>', 's.>', 'a.x+y', 'a.b/c', '$SYS.>'])
      expect([subject, await client.exchange(`SUB ${subject} 1\r\n`)]).toEqual([
        subject,
        subject === 'a' ? '' : `-ERR 'Permissions Violation for Subscription to "${subject}"'\r\n`,
      ]);
  });

  test('# gives no subject that begins with $, to publish or to read', async () => {
    await using root = await natsRawClient(world.port);
    expect(await root.exchange(`${login('root')}SUB > 1\r\nPUB $SYS.x 0\r\n\r\nSUB $SYS.> 2\r\n`)).toBe(
      '-ERR \'Permissions Violation for Publish to "$SYS.x"\'\r\n-ERR \'Permissions Violation for Subscription to "$SYS.>"\'\r\n',
    );
  });

  test('the bridge goes on with its own login, between MQTT and clients of the hub', async () => {
    const client = remember(await mqtt.connectAsync(`mqtt://127.0.0.1:${world.broker.port('mqtt')}`));
    await client.mqtt.subscribeAsync('signal/#', { qos: 1 });
    await using root = await natsClient(world.port, as('root'));
    const subscription = root.subscribe('signal.up', { max: 1 });
    await root.flush();
    root.publish('signal.down', 'to MQTT');
    expect((await client.take(1)).map(({ topic, payload }) => [topic, payload.toString()])).toEqual([
      ['signal/down', 'to MQTT'],
    ]);
    await client.mqtt.publishAsync('signal/up', 'to NATS', { qos: 1 });
    for await (const message of subscription) expect(message.string()).toBe('to NATS');
    await client.mqtt.endAsync();
  });

  test('the log names the user, and what was denied once', async () => {
    await using client = await natsRawClient(world.port);
    await client.exchange(`${login('ann', { name: 'probe' })}${'PUB denied 0\r\n\r\n'.repeat(3)}`);
    await world.broker.log.waitFor(/"probe", unknown library, as user \\"ann\\"|as user \\"ann\\"/);
    const lines = world.broker.log.all().filter((line) => /it may not publish to \\"denied\\"/.test(line));
    expect(lines.filter((line) => /"level":"?(warn|40)/.test(line))).toHaveLength(1);
    expect(world.broker.log.all().join('\n')).not.toContain('of ann');
  });
});

test('a user that is new comes in without a restart, one that is gone does not, and one that is banned is cut off', async () => {
  await using world = await startGuardedHub(['ann', 'bob']);
  const { broker, passwords, port } = world;
  await using ann = await natsRawClient(port);
  await ann.exchange(login('ann'));
  await appendFile(passwords, await passwordLine('cat'));
  await broker.log.waitFor(/3 users/);
  await using cat = await natsRawClient(port);
  expect(await cat.exchange(login('cat'))).toBe('');
  await writeFile(passwords, await passwordLine('ann'));
  await broker.log.waitFor(/\b1 user\b/);
  await using bob = await natsRawClient(port);
  expect(await bob.untilClosed(login('bob'))).toBe(refused);
  await broker.change({
    access: { ...(broker.sections['access'] as object), bans: { list: [{ user: 'ann' }, { address: '127.0.0.9' }] } },
  });
  expect(await ann.untilClosed('')).toBe(refused);
  await using again = await natsRawClient(port);
  expect(await again.untilClosed(login('ann'))).toBe(refused);
  await broker.log.waitFor(/user \\"ann\\" is banned/);
});

test('rules that change end what they allow no more, of clients that are connected', async () => {
  const all = [{ allow: 'all', listener: 'hub', topics: ['#'] }];
  await using world = await startGuardedHub(['ann'], { rules: all });
  await using ann = await natsRawClient(world.port);
  expect(await ann.exchange(`${login('ann')}SUB a.> 1\r\nSUB b.> 2\r\nPUB a.x 0\r\n\r\n`)).toBe('MSG a.x 1 0\r\n\r\n');
  const rulesNow = [{ allow: 'all', listener: 'hub', topics: ['b/#'] }];
  await world.broker.change({ access: { ...(world.broker.sections['access'] as object), rules: rulesNow } });
  expect(await ann.waitFor('\r\n')).toBe('-ERR \'Permissions Violation for Subscription to "a.>" (sid "1")\'\r\n');
  expect(await ann.exchange('PUB a.x 0\r\n\r\nPUB b.x 0\r\n\r\n')).toBe(
    '-ERR \'Permissions Violation for Publish to "a.x"\'\r\nMSG b.x 2 0\r\n\r\n',
  );
});

test('who may not receive gets the rest, alone and in a queue', async () => {
  const rules = [
    { deny: 'receive', listener: 'hub', user: 'ann', topics: ['a/late'] },
    { allow: 'all', listener: 'hub', topics: ['#'] },
  ];
  await using world = await startGuardedHub(['ann', 'bob'], { rules });
  await using ann = await natsRawClient(world.port);
  await using bob = await natsRawClient(world.port);
  await ann.exchange(`${login('ann')}SUB a.* 1\r\nSUB a.* q 2\r\n`);
  await bob.exchange(`${login('bob')}SUB a.* q 3\r\n`);
  const late = 'PUB a.late 0\r\n\r\n'.repeat(8);
  expect(await bob.exchange(late)).toBe('MSG a.late 3 0\r\n\r\n'.repeat(8));
  expect(await ann.exchange('')).toBe('');
});

test('as many as may wait are asked about, and what is sent behind a CONNECT waits with it', async () => {
  await using world = await startGuardedHub(['ann']);
  await world.broker.change({ limits: { connectsWaiting: 1 } });
  const clients = await Promise.all(Array.from({ length: 4 }, () => natsRawClient(world.port)));
  const wire = await Promise.all(
    clients.map((client) =>
      client.exchange(`${login('ann', {}, 'wrong')}SUB a 1\r\n`).catch(() => client.untilClosed('')),
    ),
  );
  expect(wire.filter((text) => text === refused).length).toBeGreaterThanOrEqual(1);
  expect(wire.every((text) => text === refused || text === "-ERR 'Authentication Timeout'\r\n")).toBe(true);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});

test('a port that is for the broker itself takes its token and nothing else', async () => {
  await using world = await startGuardedHub(['ann']);
  const own = /connected to NATS at nats:\/\/127\.0\.0\.1:(\d+)/i.exec(world.broker.log.all().join('\n'))?.[1];
  expect(Number(own)).toBeGreaterThan(0);
  expect(Number(own)).not.toBe(world.port);
  await using client = await natsRawClient(Number(own));
  expect(await client.untilClosed(login('ann'))).toBe(refused);
  await using empty = await natsRawClient(Number(own));
  expect(await empty.untilClosed('CONNECT {"auth_token":""}\r\n')).toBe(refused);
});
