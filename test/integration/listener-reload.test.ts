import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, type Dialogue, dialogue, dialogueOn } from '../support/dialogue.ts';
import { freePorts } from '../support/free-ports.ts';

const mqtt = (name: string, bind: string, more: object = {}) => ({ name, bind, tls: 'off', accept: ['mqtt'], ...more });
const on = (...listeners: object[]) => ({ listeners });

async function client(port: number, clientId = `c${port}`): Promise<Dialogue> {
  const made = await dialogue(port);
  expect(await made.ask(connectOf(clientId))).toMatchObject({ cmd: 'connack', reasonCode: 0 });
  return made;
}
const answers = async (one: Dialogue): Promise<boolean> => (await one.ask({ cmd: 'pingreq' }))?.cmd === 'pingresp';

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve());
    if (socket.closed) resolve();
  });

async function isRefused(port: number): Promise<boolean> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  const refused = await Promise.race([
    once(socket, 'connect').then(() => false),
    new Promise<boolean>((resolve) => socket.once('error', () => resolve(true))),
  ]);
  socket.destroy();
  return refused;
}

async function tls(broker: TestBroker, port: number, more: object = {}): Promise<TLSSocket> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: readFileSync(broker.file('root-ca.pem')),
    ...more,
  });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

test('a port that is kept never stops accepting, whatever else of its listener changes', async () => {
  await using broker = await startBroker(on(mqtt('a', '127.0.0.1:0')));
  const port = broker.port('a');
  await using open = await client(port, 'open');
  let isOver = false;
  let count = 0;
  const knocking = (async () => {
    for (; !isOver; count++) await (await client(port, `k${count}`))[Symbol.asyncDispose]();
  })();
  for (const maxPending of [10, 20, 30, 40, 50])
    expect(await broker.change(on(mqtt('a', '127.0.0.1:0', { maxPending })))).toMatch(
      /; changed: listeners\[a\]\.maxPending"/,
    );
  isOver = true;
  await knocking;
  expect(count).toBeGreaterThan(5);
  expect(broker.port('a')).toBe(port);
  expect(await answers(open)).toBe(true);
});

test('who connects meets the new settings, who is connected goes on under the old ones, and both are counted', async () => {
  await using broker = await startBroker(on({ ...mqtt('a', '127.0.0.1:0'), tls: 'one-way' }));
  const port = broker.port('a');
  await using before = dialogueOn(await tls(broker, port));
  await before.ask(connectOf('before'));
  await broker.change(on({ ...mqtt('a', '127.0.0.1:0'), tls: 'two-way', maxConnections: 2 }));
  const [cert, key] = ['client-demo.pem', 'client-demo.key'].map((name) => readFileSync(broker.file(name)));
  await using after = dialogueOn(await tls(broker, port, { cert, key }));
  expect(await after.ask(connectOf('after'))).toMatchObject({ reasonCode: 0 });
  expect(await answers(before)).toBe(true);
  expect(broker.app.listener('a')?.connections()).toBe(2);
  const third = connectTcp({ port, host: '127.0.0.1' });
  await closed(third);
  expect(broker.telemetry.count('connections_dropped_total', { reason: 'max-connections' })).toBe(1);
  await broker.change(on({ ...mqtt('a', '127.0.0.1:0'), tls: 'two-way' }));
  const withoutCertificate = await tls(broker, port);
  await closed(withoutCertificate);
  expect(broker.telemetry.count('connections_refused_total')).toBe(1);
});

test('listeners come, go and change their names and addresses; connections of one that is gone are closed', async () => {
  const [one = 0, two = 0, three = 0] = await freePorts(3);
  await using broker = await startBroker(on(mqtt('a', `127.0.0.1:${one}`), mqtt('b', `127.0.0.1:${two}`)));
  await using first = await client(one);
  await using second = await client(two);
  expect(await broker.change(on(mqtt('a', `127.0.0.1:${two}`), mqtt('b', `127.0.0.1:${one}`)))).toMatch(/reloaded: /);
  expect([broker.port('a'), broker.port('b')]).toEqual([two, one]);
  expect(await broker.change(on(mqtt('a', `127.0.0.1:${three}`), mqtt('c', `127.0.0.1:${one}`)))).toMatch(
    /; changed: listeners\[a\]\.bind, listeners\[c\] \(new\), listeners\[b\] \(gone\)/,
  );
  expect(await isRefused(two)).toBe(true);
  await using moved = await client(three);
  expect([await answers(first), await answers(second), await answers(moved)]).toEqual([true, true, true]);
  await broker.change(on(mqtt('c', `127.0.0.1:${one}`)));
  expect(await moved.next()).toBeUndefined();
  expect(await second.next()).toBeUndefined();
  expect(broker.log.count(/listener a was taken out of the configuration/)).toBe(2);
  expect(await isRefused(three)).toBe(true);
  expect(await answers(first)).toBe(true);
  expect(broker.app.urls()).toContain(`mqtt://127.0.0.1:${one}`);
});

test('where a port is taken nothing changes: no other listener, no limit, and an address that was left is taken back', async () => {
  const [one = 0, free = 0] = await freePorts(2);
  await using broker = await startBroker({ ...on(mqtt('a', `127.0.0.1:${one}`)), access: { anonymous: ['a'] } });
  await using open = await client(one, 'open');
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const taken = typeof address === 'object' ? address?.port : 0;
  const change = {
    ...on(mqtt('a', `0.0.0.0:${one}`), mqtt('new', `127.0.0.1:${free}`), mqtt('late', `127.0.0.1:${taken}`)),
    access: { anonymous: ['a', 'new', 'late'] },
    limits: { packetSize: '1KiB' },
  };
  expect(await broker.change(change)).toMatch(
    /not reloaded, everything stays as it was: listener late: .* is in use by another program/,
  );
  expect(await isRefused(free)).toBe(true);
  expect(broker.app.listener('a')?.address()).toEqual({ host: '127.0.0.1', port: one });
  await using next = await dialogue(one);
  expect(await next.ask(connectOf('next'))).toMatchObject({ properties: { maximumPacketSize: 1_048_576 } });
  other.close();
  await once(other, 'close');
  expect(await broker.change(change)).toMatch(/"reloaded: .*; changed: .*listeners\[a\]\.bind/);
  expect(broker.app.listener('a')?.address()).toEqual({ host: '0.0.0.0', port: one });
  expect([await answers(open), await isRefused(free), await isRefused(one)]).toEqual([true, false, false]);
});

test('a certificate of its own that cannot serve changes nothing of a listener', async () => {
  await using broker = await startBroker(on({ ...mqtt('a', '127.0.0.1:0'), tls: 'one-way' }));
  const shown = async (): Promise<string> => {
    const socket = await tls(broker, broker.port('a'), { rejectUnauthorized: false });
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };
  const before = await shown();
  const own = { certificate: broker.file('client-demo.pem'), key: broker.file('client-demo.key') };
  expect(await broker.change(on({ ...mqtt('a', '127.0.0.1:0'), tls: 'one-way', ...own }))).toMatch(
    /not reloaded, .*listener a: .*client-demo\.pem/,
  );
  expect(await shown()).toBe(before);
});

test('the first listener with TLS brings the certificates with it', async () => {
  await using broker = await startBroker(on(mqtt('a', '127.0.0.1:0')));
  expect(await broker.change(on(mqtt('a', '127.0.0.1:0'), { ...mqtt('b', '127.0.0.1:0'), tls: 'one-way' }))).toMatch(
    /"reloaded: /,
  );
  await using secure = dialogueOn(await tls(broker, broker.port('b')));
  expect(await secure.ask(connectOf('b'))).toMatchObject({ reasonCode: 0 });
});

test('TLS sessions are resumed across a reload, as long as nothing of their trust changes', async () => {
  await using broker = await startBroker(on({ ...mqtt('a', '127.0.0.1:0'), tls: 'one-way' }));
  const first = await tls(broker, broker.port('a'));
  await using greeted = dialogueOn(first);
  const ticket = once(first, 'session');
  await greeted.ask(connectOf('first'));
  const [session] = (await ticket) as [Buffer];
  await broker.change(on({ ...mqtt('a', '127.0.0.1:0'), tls: 'one-way', handshakeTimeout: '5s' }));
  const second = await tls(broker, broker.port('a'), { session });
  expect(second.isSessionReused()).toBe(true);
  second.destroy();
});

test('who came in before a listener trusts others is judged by what vouched for it then', async () => {
  const on2 = (trust: string) => on({ ...mqtt('a', '127.0.0.1:0'), tls: 'two-way', trust });
  await using broker = await startBroker(on2('one'));
  const identity = {
    cert: readFileSync(broker.file('client-demo.pem')),
    key: readFileSync(broker.file('client-demo.key')),
  };
  await using early = dialogueOn(await tls(broker, broker.port('a'), identity));
  await broker.change(on2('two'));
  await using late = dialogueOn(await tls(broker, broker.port('a'), identity));
  expect(await late.ask(connectOf('shared'))).toMatchObject({ reasonCode: 0 });
  expect(await early.ask(connectOf('shared'))).toMatchObject({ cmd: 'connack', reasonCode: 0x87 });
  expect(await answers(late)).toBe(true);
});
