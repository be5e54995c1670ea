import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startBroker, type TestBroker, testListeners } from '../support/broker.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { repository } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const publicName = 'mqtt.example.com';
const secret = 'a token for the test that nobody guesses';
const closed = ['/metrics', '/api/v1/clients', '/api/v1/sessions', '/api/v1/retained', '/api/v1/events'];

let broker: TestBroker;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  const token = join(directory.path, 'metrics-token');
  await writeFile(token, `${secret}\n`);
  const behindProxy = { name: 'web', bind: '127.0.0.1:0', tls: 'off', accept: ['websocket', 'http'] };
  const proxy = { from: ['127.0.0.1'], protocol: 'none', forwarded: 'x-forwarded-for' };
  broker = await startBroker({
    metrics: { allow: { addresses: ['127.0.0.0/8', '192.0.2.0/24'], token: { file: token } } },
    listeners: [
      ...testListeners,
      { ...behindProxy, hosts: [publicName], origins: [`https://${publicName}`] },
      { ...behindProxy, name: 'believes', hosts: [publicName], proxy },
    ],
  });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ask = (port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
      const { statusCode: status } = response;
      text(response).then((body) => resolve({ status, headers: response.headers, body }), reject);
    });
    asked.on('error', reject).end();
  });

/** What stands in the page for people who put nginx in front, led to this broker. */
const documented = (): string => {
  const page = readFileSync(join(repository, 'docs/browsers.md'), 'utf8');
  const [, sample = ''] = /```nginx\n([\s\S]*?)```/.exec(page) ?? [];
  return sample.replace('127.0.0.1:8080', `127.0.0.1:${broker.port('web')}`);
};

describe('behind nginx as docs/browsers.md has it', () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx(documented());
  });
  afterAll(() => nginx[Symbol.asyncDispose]());
  const asWorld = (path: string) => ask(nginx.port, path, { host: publicName });

  test.each(closed)('%s is for nobody in the world', async (path) => {
    const { status, body } = await asWorld(path);
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({ error: expect.stringContaining('this machine only') });
    expect((await ask(broker.port('web'), path)).status).toBe(200);
  });

  test('/metrics is for whoever shows the token of metrics.allow', async () => {
    const headers = { host: publicName, authorization: `Bearer ${secret}` };
    const { status, body } = await ask(nginx.port, '/metrics', headers);
    expect(status).toBe(200);
    expect(body).toContain('viaduct_mqtt_connections');
    expect((await ask(nginx.port, '/metrics', { ...headers, authorization: 'Bearer guessed' })).status).toBe(403);
    expect((await ask(nginx.port, '/api/v1/clients', headers)).status).toBe(403);
  });

  test('the console is told how a browser gets in, and nothing of what is behind', async () => {
    const { status, body } = await asWorld('/api/v1/console');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ name: 'viaduct', webSocket: { path: '/mqtt', tls: 'off' } });
    const here = await ask(broker.port('web'), '/api/v1/console');
    expect(JSON.parse(here.body)).toMatchObject({ certificates: { rootCa: broker.file('root-ca.pem') } });
  });

  test('health and page are for everybody, and WebSockets get through', async () => {
    expect(await asWorld('/healthz')).toMatchObject({ status: 200, body: JSON.stringify({ status: 'ok' }) });
    expect(await asWorld('/api/v1/welcome')).toMatchObject({ status: 200, body: JSON.stringify({ name: 'viaduct' }) });
    const headers = { host: publicName, origin: `https://${publicName}` };
    const socket = new WebSocket(`ws://127.0.0.1:${nginx.port}/mqtt`, 'mqtt', { headers });
    const opened = await new Promise((resolve) => {
      socket.once('open', () => resolve(true)).once('error', resolve);
    });
    socket.terminate();
    expect(opened).toBe(true);
  });
});

describe('a proxy on this machine that passes on', () => {
  const ways = {
    'X-Forwarded-For': 'proxy_set_header X-Forwarded-For $remote_addr;',
    'X-Forwarded-For that claims this machine': 'proxy_set_header X-Forwarded-For 127.0.0.1;',
    'X-Real-IP': 'proxy_set_header X-Real-IP $remote_addr;',
    Forwarded: 'proxy_set_header Forwarded "for=$remote_addr";',
    Via: 'proxy_set_header Via "1.1 proxy";',
    'the Host alone': 'proxy_set_header Host $http_host;',
  };
  let nginx: Nginx;
  beforeAll(async () => {
    const to = `http://127.0.0.1:${broker.port('web')}/`;
    const locations = Object.values(ways).map((way, index) => `location /${index}/ { ${way} proxy_pass ${to}; }`);
    nginx = await startNginx(locations.join('\n'));
  });
  afterAll(() => nginx[Symbol.asyncDispose]());

  test.each(Object.keys(ways).map((name, index) => [name, index] as const))(
    '%s is not this machine',
    async (_, way) => {
      for (const path of closed)
        expect((await ask(nginx.port, `/${way}${path}`, { host: publicName })).status).toBe(403);
      const { body } = await ask(nginx.port, `/${way}/api/v1/console`, { host: publicName });
      expect(Object.keys(JSON.parse(body))).toEqual(['name', 'webSocket']);
      const health = await ask(nginx.port, `/${way}/healthz`, { host: publicName });
      expect(JSON.parse(health.body)).toEqual({ status: 'ok' });
    },
  );
});

test('addresses of metrics.allow are those behind a proxy that the listener believes', async () => {
  const to = `http://127.0.0.1:${broker.port('believes')}/`;
  const says = (path: string, address: string) =>
    `location /${path}/ { proxy_set_header X-Forwarded-For ${address}; proxy_pass ${to}; }`;
  await using nginx = await startNginx([says('named', '192.0.2.7'), says('other', '198.51.100.7')].join('\n'));
  expect((await ask(nginx.port, '/named/metrics')).status).toBe(200);
  expect((await ask(nginx.port, '/other/metrics')).status).toBe(403);
  expect((await ask(nginx.port, '/named/api/v1/clients')).status).toBe(403);
});
