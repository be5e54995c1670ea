import { once } from 'node:events';
import { createConnection } from 'node:net';
import { type ConnectionOptions, connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { natsRawClient } from '../contract/nats-raw-client.ts';
import { type GuardedHub, startGuardedHub } from '../support/guarded-hub.ts';

const rules = [
  { allow: 'all', listener: 'hub', certificate: { cn: 'client-demo' }, topics: ['demo/#', '_INBOX/#'] },
  { allow: 'all', listener: 'hub', user: 'ann', topics: ['#'] },
  { allow: 'all', listener: 'nats', topics: ['#'] },
];

let oneWay: GuardedHub;
let twoWay: GuardedHub;
beforeAll(async () => {
  oneWay = await startGuardedHub(['ann'], { rules }, { tls: 'one-way', connectTimeout: '700ms' });
  twoWay = await startGuardedHub(['ann'], { rules }, { tls: 'two-way', authentication: ['certificate'] });
});
afterAll(async () => {
  await oneWay[Symbol.asyncDispose]();
  await twoWay[Symbol.asyncDispose]();
});

const client = ({ port }: GuardedHub, options: ConnectionOptions) =>
  connect({ servers: `tls://127.0.0.1:${port}`, reconnect: false, ...options });
const ca = ({ broker }: GuardedHub) => ({ caFile: broker.file('root-ca.pem') });
const demo = (world: GuardedHub) => ({
  ...ca(world),
  certFile: world.broker.file('client-demo.pem'),
  keyFile: world.broker.file('client-demo.key'),
});
const ann = { user: 'ann', pass: 'of ann' };

test('INFO says that TLS comes next, and that a certificate has to be shown', async () => {
  await using one = await natsRawClient(oneWay.port);
  expect(one.info).toMatchObject({ auth_required: true, tls_required: true });
  expect(one.info).not.toHaveProperty('tls_verify');
  await using two = await natsRawClient(twoWay.port);
  expect(two.info).toMatchObject({ auth_required: true, tls_required: true, tls_verify: true });
  expect(oneWay.broker.app.urls()).toContain(`tls://127.0.0.1:${oneWay.port}`);
});

test('nats.js logs in over TLS, and large messages pass both ways', async () => {
  await using one = await client(oneWay, { ...ann, tls: ca(oneWay) });
  await using other = await client(oneWay, { ...ann, tls: ca(oneWay) });
  const subscription = other.subscribe('big', { max: 3 });
  await other.flush();
  const payload = Buffer.alloc(900_000, 'x');
  for (let count = 0; count < 3; count += 1) one.publish('big', payload);
  const sizes: number[] = [];
  for await (const message of subscription) sizes.push(message.data.length);
  expect(sizes).toEqual([900_000, 900_000, 900_000]);
});

test('a wrong password is refused over TLS too, and a server of another CA by the client', async () => {
  await expect(client(oneWay, { user: 'ann', pass: 'x', tls: ca(oneWay) })).rejects.toThrow(/Authorization Violation/i);
  await expect(client(oneWay, { ...ann, tls: ca(twoWay) })).rejects.toThrow(/certificate/i);
});

test('a certificate is an identity, with the rules for it', async () => {
  await using one = await client(twoWay, { tls: demo(twoWay) });
  const subscription = one.subscribe('demo.x', { max: 1 });
  one.publish('demo.x', 'hi');
  for await (const message of subscription) expect(message.string()).toBe('hi');
  const denied = one.subscribe('other.x');
  await expect(denied[Symbol.asyncIterator]().next()).rejects.toMatchObject({ subject: 'other.x' });
});

test('without a certificate nobody comes in where one has to be shown, nor with one of another CA', async () => {
  for (const tls of [ca(twoWay), { ...demo(oneWay), ...ca(twoWay) }])
    await expect(client(twoWay, { ...ann, tls })).rejects.toThrow(/certificate|unknown ca|closed|refused|ECONNRESET/i);
  await twoWay.broker.log.waitFor(/NATS hub refused 127\.0\.0\.1/);
});

test('who does not begin with TLS is not heard, and who does not finish is cut off in time', async () => {
  await using plain = await natsRawClient(oneWay.port);
  expect(await plain.untilClosed('CONNECT {"user":"ann","pass":"of ann"}\r\nPING\r\n')).not.toContain('PONG');
  const silent = createConnection({ port: oneWay.port, host: '127.0.0.1' });
  silent.resume();
  silent.on('error', () => undefined);
  await once(silent, 'close');
});

test('the hub stops while clients and handshakes are open', async () => {
  await using world = await startGuardedHub(['ann'], {}, { tls: 'one-way' });
  const one = await client(world, { ...ann, tls: ca(world) });
  await using _handshake = await natsRawClient(world.port);
  await world.broker.app.stop(AbortSignal.timeout(5_000));
  expect(await one.closed()).toBeUndefined();
});
