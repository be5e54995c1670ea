import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, dialogue } from '../support/dialogue.ts';
import { freePorts } from '../support/free-ports.ts';
import { version1 } from '../support/proxy-bytes.ts';
import { type RunningProgram, runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const from = ['127.0.0.1'];
const listener = (name: string, proxy: object, accept = 'mqtt') => ({
  name,
  bind: '127.0.0.1:0',
  tls: 'off',
  accept: [accept],
  proxy: { from, ...proxy },
});

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let broker: TestBroker;
const proxies: RunningProgram[] = [];
let ports: Readonly<Record<'plain' | 'tls' | 'stream' | 'web', number>>;

/** @param ready what it says when it listens */
async function startProxy(program: string, args: readonly string[], config: string, ready: RegExp): Promise<void> {
  const file = join(directory.path, `${program}.conf`);
  await writeFile(file, config);
  const running = runProgram(`/usr/sbin/${program}`, [...args, file]);
  proxies.push(running);
  await Promise.race([
    running.stderr.waitFor(ready),
    running.exited.then((code) => {
      throw new Error(`${program} ended with ${code}: ${running.stderr.text()}`);
    }),
  ]);
}

const haproxy = (): string => `
defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
listen plain
  bind 127.0.0.1:${ports.plain}
  server viaduct 127.0.0.1:${broker.port('v1')} send-proxy
listen tls
  bind 127.0.0.1:${ports.tls} ssl crt ${join(directory.path, 'haproxy.pem')} ca-file ${broker.file('ca-chain.pem')} verify required
  server viaduct 127.0.0.1:${broker.port('v2')} send-proxy-v2-ssl-cn
`;

const nginx = (): string => `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
user root;
pid ${directory.path}/nginx.pid;
error_log stderr notice;
worker_processes 1;
events { worker_connections 64; }
stream {
  server { listen 127.0.0.1:${ports.stream}; proxy_pass 127.0.0.1:${broker.port('any')}; proxy_protocol on; }
}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory.path}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${ports.web};
    location / {
      proxy_pass http://127.0.0.1:${broker.port('web')};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection Upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;

beforeAll(async () => {
  directory = await temporaryDirectory();
  broker = await startBroker({
    listeners: [
      listener('v1', { protocol: 'v1' }),
      listener('v2', { protocol: 'v2', certificate: 'believe' }),
      listener('any', {}),
      listener('web', { protocol: 'none', forwarded: 'x-forwarded-for' }, 'websocket'),
      { name: 'tls', bind: '127.0.0.1:0', tls: 'two-way', accept: ['mqtt'] }, // so that there are certificates
    ],
  });
  const [plain = 0, tls = 0, stream = 0, web = 0] = await freePorts(4);
  ports = { plain, tls, stream, web };
  const [certificate, key] = await Promise.all(
    ['server.pem', 'server.key'].map((name) => readFile(broker.file(name), 'utf8')),
  );
  await writeFile(join(directory.path, 'haproxy.pem'), `${certificate}${key}`);
  await startProxy('haproxy', ['-W', '-db', '-f'], haproxy(), /Loading success|New worker/);
  await startProxy('nginx', ['-c'], nginx(), /start worker process \d+/);
});
afterAll(async () => {
  for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** A client at 127.0.0.9. @returns what the log says of its connection */
async function publish(clientId: string, port: number, more: readonly string[] = []): Promise<string> {
  const place = ['-h', '127.0.0.1', '-p', String(port), '-A', '127.0.0.9', '-i', clientId];
  const { code, stderr } = await runToEnd('mosquitto_pub', [...place, '-t', 'a', '-m', 'x', '-q', '1', ...more]);
  expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: '' });
  return broker.log.waitFor(new RegExp(`client .."${clientId}.." connected`.replaceAll('..', '\\\\')));
}

test('HAProxy with send-proxy: version 1', async () => {
  expect(await publish('by-haproxy', ports.plain)).toMatch(/from 127\.0\.0\.9:\d+ \(relayed by 127\.0\.0\.1\)/);
});

test('HAProxy with send-proxy-v2-ssl-cn: version 2, TLS, and the name in the certificate is who it is', async () => {
  const identity = ['--cafile', broker.file('root-ca.pem'), '--insecure'];
  const own = ['--cert', broker.file('client-demo.pem'), '--key', broker.file('client-demo.key')];
  const line = await publish('by-haproxy-tls', ports.tls, [...identity, ...own]);
  expect(line).toMatch(/from 127\.0\.0\.9:\d+ \(relayed by 127\.0\.0\.1\), TLSv1\.3 \S+, certificate CN=client-demo/);
  expect(line).toContain('"principal":"client-demo"');
});

test('nginx with proxy_protocol', async () => {
  expect(await publish('by-nginx', ports.stream)).toMatch(/from 127\.0\.0\.9:\d+ \(relayed by 127\.0\.0\.1\)/);
});

test('nginx with X-Forwarded-For before a WebSocket, whatever its client wrote there', async () => {
  const asked = request({
    port: ports.web,
    host: '127.0.0.1',
    localAddress: '127.0.0.9',
    path: '/mqtt',
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      'sec-websocket-protocol': 'mqtt',
      'x-forwarded-for': '127.0.0.1',
    },
  });
  asked.end();
  const [, socket] = await once(asked, 'upgrade');
  socket.destroy();
  expect(await broker.log.waitFor(/connection on web from/)).toMatch(/from 127\.0\.0\.9:0 \(relayed by 127\.0\.0\.1\)/);
});

test('a proxy on this machine does not make its clients local: access.anonymous: loopback goes by theirs', async () => {
  const ask = async (address: string): Promise<unknown> => {
    await using client = await dialogue(broker.port('any'));
    client.socket.write(version1(address));
    const answer = await client.ask(connectOf(`at-${address}`));
    return answer?.cmd === 'connack' ? answer.reasonCode : answer;
  };
  expect(await ask('127.0.0.7')).toBe(0);
  expect(await ask('192.0.2.1')).toBe(0x87);
  expect(await broker.log.waitFor(/takes no anonymous clients of other machines/)).toContain('192.0.2.1');
});
