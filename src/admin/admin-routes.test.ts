import { describe, expect, test } from 'vitest';
import { brokerReads } from '../../test/support/broker-reads.ts';
import { webOf } from '../../test/support/web.ts';
import type { EventKind, LogFields } from '../kernel/telemetry-ports.ts';
import { silentTelemetry } from '../kernel/telemetry-ports.ts';
import { type AdminDeps, adminRoutes } from './admin-routes.ts';
import type { BrokerInfo } from './broker-info.ts';
import { metricsRoute } from './routes/metrics.ts';

const info: BrokerInfo = {
  name: 'viaduct',
  version: '1.2.3',
  nodeId: 'node-1',
  status: 'ok',
  connections: 2,
  nats: { status: 'connected', url: 'nats://user:secret@nats.example:4222', embedded: false },
  listeners: [
    { name: 'wss', accept: ['websocket', 'http'], tls: 'one-way', host: '0.0.0.0', port: 8084, path: '/mqtt' },
  ],
  certificates: { rootCa: '/certs/root-ca.pem' },
  rules: [{ name: 'signal', topic: 'signal/#', subject: 'signal.>', direction: 'both' }],
};

const token = 'a token for the test that nobody guesses';
const metricsAllow = { addresses: ['192.0.2.128/25', '2001:db8:1::/48'], token };
const appWith = (more: Partial<AdminDeps> = {}, enabled = true) =>
  webOf(
    adminRoutes(
      { enabled, metricsAllow },
      {
        info: () => info,
        metrics: async () => 'viaduct_clients 2\n',
        webDirectory: '/does/not/exist',
        broker: brokerReads(),
        events: silentTelemetry.events,
        ...more,
      },
    ),
    more.events,
  );

const from = (address: string) => ({ address });

describe('/healthz', () => {
  test('answers 200 when the broker takes clients, even while NATS is away', async () => {
    const nats = { ...info.nats, status: 'disconnected' } as const;
    const response = await appWith({ info: () => ({ ...info, nats }) }).request('/healthz', {}, from('::1'));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      name: 'viaduct',
      version: '1.2.3',
      status: 'ok',
      nodeId: 'node-1',
      nats: { status: 'disconnected', url: 'nats://***@nats.example:4222', embedded: false },
      connections: 2,
    });
  });

  test.each(['starting', 'stopping'] as const)('answers 503 while the broker is %s', async (status) => {
    const response = await appWith({ info: () => ({ ...info, status }) }).request('/healthz');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status });
  });
});

describe('/api/v1', () => {
  test('welcome says name and version to a program of this machine', async () => {
    const response = await appWith().request('/api/v1/welcome', {}, from('127.0.0.1'));
    expect(await response.json()).toEqual({ name: 'viaduct', version: '1.2.3' });
  });

  test('console gives what the page needs, without the credentials of the NATS URL', async () => {
    const text = await (await appWith().request('/api/v1/console', {}, from('127.0.0.1'))).text();
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({
      listeners: [{ name: 'wss', port: 8084, path: '/mqtt', tls: 'one-way' }],
      certificates: { rootCa: '/certs/root-ca.pem' },
      nats: { url: 'nats://***@nats.example:4222', embedded: false },
    });
  });
});

describe.each([
  ['from elsewhere', { address: '192.0.2.7' }, {}],
  ['through a proxy that the listener believes', { address: '127.0.0.1', via: '10.0.0.1' }, {}],
  ['through a proxy on this machine that says so', { address: '127.0.0.1' }, { 'x-real-ip': '127.0.0.1' }],
  ['through one that says so in the words of RFC 7239', { address: '::1' }, { forwarded: 'for=127.0.0.1' }],
  ['through one that passes on the name of the world', { address: '127.0.0.1' }, { host: 'mqtt.example.com' }],
])('a request %s', (_, peer, headers) => {
  const ask = async (path: string, more: Partial<BrokerInfo> = {}, listener = 'wss') =>
    (await appWith({ info: () => ({ ...info, ...more }) }).request(path, { headers }, { ...peer, listener })).json();

  test('of /healthz is told the status and no more', async () => {
    expect(await ask('/healthz')).toEqual({ status: 'ok' });
    expect(await ask('/healthz', { status: 'starting' })).toEqual({ status: 'starting' });
  });

  test('of /api/v1/welcome is told no version', async () => {
    expect(await ask('/api/v1/welcome')).toEqual({ name: 'viaduct' });
  });

  test('of /api/v1/console is told how a browser gets in: no files, addresses, NATS, rules or other listeners', async () => {
    expect(await ask('/api/v1/console')).toEqual({ name: 'viaduct', webSocket: { path: '/mqtt', tls: 'one-way' } });
  });

  test('of /api/v1/console on a listener without WebSockets is told the port of another one that it can reach', async () => {
    const door = { port: 8084, path: '/mqtt', tls: 'one-way' };
    expect(await ask('/api/v1/console', {}, 'https')).toEqual({ name: 'viaduct', webSocket: door });
    const inside = info.listeners.map((listener) => ({ ...listener, host: '127.0.0.1' }));
    expect(await ask('/api/v1/console', { listeners: inside }, 'https')).toEqual({ name: 'viaduct', webSocket: null });
  });
});

describe('/metrics', () => {
  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('is shown to %s', async (address) => {
    const response = await appWith().request('/metrics', {}, from(address));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe('viaduct_clients 2\n');
  });

  test.each(['192.0.2.7', '2001:db8::1', '::ffff:192.0.2.7'])('is refused to %s', async (address) => {
    const response = await appWith().request('/metrics', {}, from(address));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: expect.stringContaining('this machine only') });
  });

  const through = { 'x-forwarded-for': '192.0.2.129' };
  test.each([
    ['an address in a network of metrics.allow.addresses', '192.0.2.129', {}, 200],
    ['one of IPv6', '2001:db8:1::7', {}, 200],
    ['such an address through a proxy that has it', '192.0.2.129', through, 403],
    ['a proxy on this machine that says so', '127.0.0.1', through, 403],
    ['whoever shows the token', '192.0.2.7', { authorization: `Bearer ${token}` }, 200],
    ['whoever shows it through a proxy', '127.0.0.1', { ...through, authorization: `bearer  ${token} ` }, 200],
    ['whoever shows another', '192.0.2.7', { authorization: `Bearer ${token}x` }, 403],
    ['whoever shows none', '192.0.2.7', { authorization: 'Bearer ' }, 403],
    ['whoever shows it as a password', '192.0.2.7', { authorization: `Basic ${token}` }, 403],
  ])('asked by %s', async (_, address, headers, status) => {
    expect((await appWith().request('/metrics', { headers }, from(address))).status).toBe(status);
  });

  test('goes by the address that a proxy names where the listener believes it, and is never for this machine then', async () => {
    const ask = async (address: string) =>
      (await appWith().request('/metrics', { headers: through }, { address, via: '127.0.0.1' })).status;
    expect(await ask('192.0.2.129')).toBe(200);
    expect(await ask('192.0.2.7')).toBe(403);
    expect(await ask('127.0.0.1')).toBe(403);
  });

  test('is shown to no token where none is set', async () => {
    const web = webOf([metricsRoute(async () => '', { addresses: [], token: undefined }, silentTelemetry.events)]);
    for (const authorization of ['Bearer undefined', 'Bearer x', ''])
      expect((await web.request('/metrics', { headers: { authorization } })).status).toBe(403);
  });

  test.each(['localhost', '127.0.0.1:8080', '[::1]:8080'])('is shown to a program here that asks %s', async (host) =>
    expect((await appWith().request('/metrics', { headers: { host } }, from('127.0.0.1'))).status).toBe(200),
  );

  test.each(['mqtt.example.com', '192.0.2.1', 'localhost.example.com', ''])(
    'is not shown to one that asks "%s", as a proxy for the world does',
    async (host) =>
      expect((await appWith().request('/metrics', { headers: { host } }, from('127.0.0.1'))).status).toBe(403),
  );

  test('is refused to a request that a proxy on this machine passes on', async () => {
    const headers = { 'x-forwarded-for': '127.0.0.1' };
    expect((await appWith().request('/metrics', { headers }, from('127.0.0.1'))).status).toBe(403);
  });
});

describe('every answer', () => {
  test.each([
    ['/healthz', 200],
    ['/metrics', 403],
    ['/nowhere', 404],
    ['/', 503],
  ])('of %s forbids inline code, framing and guessing of types', async (path, status) => {
    const response = await appWith().request(path);
    expect(response.status).toBe(status);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('to HEAD is that to GET without its body', async () => {
    const response = await appWith().request('/healthz', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('to %s is 405 and names what is allowed', async (method) => {
    const response = await appWith().request('/healthz', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test('to an unknown path is HTML for a browser and JSON for a program', async () => {
    const html = await appWith().request('/nowhere', { headers: { accept: 'text/html,*/*' } });
    expect(html.status).toBe(404);
    expect(html.headers.get('content-type')).toContain('text/html');
    const json = await appWith().request('/nowhere');
    expect(await json.json()).toEqual({ error: 'There is nothing at this address.' });
  });

  test('hides an internal error and reports it as an event', async () => {
    const emitted: string[] = [];
    const emit = <F extends LogFields>(kind: EventKind<F>, fields: F): void => void emitted.push(kind.message(fields));
    const app = appWith({
      metrics: () => Promise.reject(new Error('the registry is broken')),
      events: { emit },
    });
    const response = await app.request('/metrics', {}, from('127.0.0.1'));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('registry');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(emitted).toEqual(['The console could not answer /metrics: the registry is broken']);
  });
});

test('a console that is switched off leaves health and metrics', async () => {
  const app = appWith({}, false);
  expect((await app.request('/')).status).toBe(404);
  expect((await app.request('/api/v1/console')).status).toBe(404);
  expect((await app.request('/healthz')).status).toBe(200);
  expect((await app.request('/metrics', {}, from('::1'))).status).toBe(200);
});
