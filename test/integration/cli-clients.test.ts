import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { type FakeIo, type FakeIoOptions, fakeIo } from '../support/fake-io.ts';
import { freePorts } from '../support/free-ports.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type TestPki, testPki } from '../support/test-pki.ts';

let pki: TestPki;
let broker: Mosquitto;
let ca: string;

beforeAll(async () => {
  pki = await testPki();
  broker = await startMosquitto(pki);
  ca = await pki.file('ca.pem', pki.chain);
});

afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
});

async function run(args: readonly string[], options: FakeIoOptions = {}) {
  const io = fakeIo(options);
  await runCli(args, io);
  return { out: io.out(), err: io.err(), code: io.exitCode() };
}

/** A `sub` that runs; `subscribed` resolves once the broker has its filters. */
function subscribe(args: readonly string[], options: FakeIoOptions = {}) {
  let say = (): void => undefined;
  const subscribed = new Promise<void>((resolve) => {
    say = resolve;
  });
  const io: FakeIo = fakeIo({ ...options, onError: () => say() });
  return { io, subscribed, ended: runCli(['sub', ...args], io) };
}

const url = (kind: keyof Mosquitto['ports'], protocol = 'mqtt'): string =>
  `${protocol}://localhost:${broker.ports[kind]}`;

/** Listens on a free port until disposed. */
async function listening(server: Server, host = '127.0.0.1'): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await once(server.listen(0, host), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), 'close');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const silentServer = () => listening(createServer());
const webServer = () => listening(createHttpServer((_, response) => response.writeHead(404).end()));

describe.each(['3.1.1', '5'])('MQTT %s', (version) => {
  test.each([
    ['mqtt', 'mqtt', []],
    ['mqtts', 'mqtts', ['--ca']],
    ['ws', 'ws', []],
    ['wss', 'wss', ['--ca']],
    ['mqtts', 'twoWay', ['--ca', '--cert']],
  ] as const)('a message goes from pub to sub over %s to the %s listener', async (protocol, kind, needs) => {
    const device = await pki.client({ cn: 'cli' });
    const identity = ['--cert', await pki.file('cli.pem', device.cert), '--key', await pki.file('cli.key', device.key)];
    const trust = needs.some((need) => need === '--ca') ? ['--ca', ca] : [];
    const own = needs.some((need) => need === '--cert') ? identity : [];
    const connection = ['--url', url(kind, protocol), '-V', version, ...trust, ...own];
    const topic = `cli/${version}/${protocol}/${kind}`;
    const { io, subscribed, ended } = subscribe(['-t', topic, '-q', '1', '-C', '1', ...connection]);
    await subscribed;
    expect(await run(['pub', '-t', topic, '-m', 'hällo', '-q', '1', ...connection])).toEqual({
      out: '',
      err: '',
      code: 0,
    });
    await ended;
    expect(io.err()).toBe(`subscribed to ${topic} (QoS 1)\n`);
    expect(io.out()).toBe(`${topic} hällo\n`);
    expect(io.exitCode()).toBe(0);
  });
});

test.each(['0', '1', '2'])('at QoS %s the bytes of a file arrive as they are, with their properties', async (qos) => {
  const file = await pki.file('payload.json', '{"a": 1}');
  const topic = `cli/properties/${qos}`;
  const { io, subscribed, ended } = subscribe(['-t', topic, '-q', qos, '-C', '1', '--json', '--url', url('mqtt')]);
  await subscribed;
  const properties = (
    '--user-property a=1 --user-property a=2 --user-property b=x=y --content-type application/json ' +
    '--response-topic answer --correlation-data id --expiry 1m'
  ).split(' ');
  const { code } = await run(['pub', '-t', topic, '--file', file, '-q', qos, ...properties, '--url', url('mqtt')]);
  expect(code).toBe(0);
  await ended;
  expect(JSON.parse(io.out())).toEqual({
    topic,
    qos: Number(qos),
    retain: false,
    payload: '{"a": 1}',
    encoding: 'utf8',
    properties: {
      contentType: 'application/json',
      responseTopic: 'answer',
      correlationData: 'aWQ=',
      messageExpiryInterval: expect.any(Number),
      userProperties: { a: ['1', '2'], b: 'x=y' },
    },
  });
});

test('a retained message from standard input is there for a later subscriber', async () => {
  const topic = 'cli/retained';
  await run(['pub', '-t', topic, '--stdin', '-r', '-q', '1', '--url', url('mqtt')], { input: 'kept' });
  const { io, ended } = subscribe(['-t', topic, '-C', '1', '--json', '--url', url('mqtt')]);
  await ended;
  expect(JSON.parse(io.out())).toMatchObject({ payload: 'kept', retain: true });
  await run(['pub', '-t', topic, '-m', '', '-r', '-q', '1', '--url', url('mqtt')]);
});

test('the CA of a broker started in the same folder is trusted by default', async () => {
  await using folder = await temporaryDirectory();
  await mkdir(join(folder.path, 'certs'));
  await writeFile(join(folder.path, 'certs', 'ca-chain.pem'), pki.chain);
  const args = ['pub', '-t', 'cli/ca', '-m', 'x', '-q', '1', '--url', url('mqtts', 'mqtts')];
  expect(await run(args, { cwd: folder.path })).toEqual({ out: '', err: '', code: 0 });
});

test('sub ends at a signal, without a failure', async () => {
  const { io, subscribed, ended } = subscribe(['-t', 'cli/signal', '-t', 'cli/other/#', '--url', url('mqtt')]);
  await subscribed;
  io.signal('SIGTERM');
  await ended;
  expect(io.exitCode()).toBe(0);
  expect(io.err()).toBe('subscribed to cli/signal (QoS 0), cli/other/# (QoS 0)\n');
});

test('sub ends after its time, which is a failure only where a count was asked for', async () => {
  const args = ['-t', 'cli/silence', '--timeout', '50ms', '--url', url('mqtt')];
  expect((await run(['sub', ...args])).code).toBe(0);
  const { err, code } = await run(['sub', ...args, '-C', '2']);
  expect(code).toBe(1);
  expect(err).toContain('0 of 2 messages arrived within 50ms\n');
});

describe('what fails is said in one sentence', () => {
  const pub = (...args: string[]) => run(['pub', '-t', 'cli/x', '-m', 'x', '-q', '1', ...args]);

  async function failure(...args: string[]): Promise<string> {
    const { out, err, code } = await pub(...args);
    expect({ out, code }).toEqual({ out: '', code: 1 });
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    return err.trimEnd();
  }

  test('nothing listens there', async () => {
    const [port = 0] = await freePorts(1);
    expect(await failure('--url', `mqtt://localhost:${port}`)).toBe(
      `nothing accepts connections at mqtt://localhost:${port}; start the broker or check host and port`,
    );
    expect(await failure('--url', `wss://localhost:${port}`)).toContain('nothing accepts connections at');
  });

  test('the host has no address', async () => {
    expect(await failure('--url', 'mqtt://nowhere.invalid')).toContain(
      'the host of mqtt://nowhere.invalid has no address',
    );
  });

  test.each(['mqtts', 'wss'] as const)('the certificate of the server is not trusted over %s', async (kind) => {
    expect(await failure('--url', url(kind, kind))).toContain(
      'is not signed by a public CA; pass its CA with --ca FILE',
    );
    const other = await pki.file('other.pem', pki.otherRoot);
    expect(await failure('--url', url(kind, kind), '--ca', other)).toContain(`is not signed by ${other}; pass`);
    expect((await pub('--url', url(kind, kind), '--insecure')).code).toBe(0);
  });

  test('the certificate is for another host', async () => {
    const { cert, key } = pki.server;
    await using other = await listening(createTlsServer({ cert, key }), '127.0.0.2');
    expect(await failure('--url', `mqtts://127.0.0.2:${other.port}`, '--ca', ca)).toContain('is for other host names');
  });

  test('the server asks for a client certificate', async () => {
    expect(await failure('--url', url('twoWay', 'mqtts'), '--ca', ca)).toContain(
      'asks for a client certificate; pass --cert FILE and --key FILE',
    );
  });

  test('the client certificate is of another CA, or has expired', async () => {
    const identity = async (name: string, options: { expired?: true; otherCa?: true }) => {
      const { cert, key } = await pki.client({ cn: name, ...options });
      return ['--cert', await pki.file(`${name}.pem`, cert), '--key', await pki.file(`${name}.key`, key)];
    };
    const target = ['--url', url('twoWay', 'mqtts'), '--ca', ca];
    expect(await failure(...target, ...(await identity('other', { otherCa: true })))).toContain(
      'refused the client certificate: ',
    );
    expect(await failure(...target, ...(await identity('expired', { expired: true })))).toContain(
      'refused the client certificate: it has expired',
    );
  });

  test('certificate and key do not belong together', async () => {
    const [one, two] = [await pki.client({ cn: 'one' }), await pki.client({ cn: 'two' })];
    const files = ['--cert', await pki.file('one.pem', one.cert), '--key', await pki.file('two.key', two.key)];
    expect(await failure('--url', url('twoWay', 'mqtts'), '--ca', ca, ...files)).toContain(
      '--cert and --key do not belong together',
    );
  });

  test('a file that is no certificate', async () => {
    const file = await pki.file('no.pem', 'no certificate');
    expect(await failure('--url', url('twoWay', 'mqtts'), '--ca', ca, '--cert', file, '--key', file)).toContain(
      '--cert or --key is not a PEM file',
    );
  });

  test.each(['3.1.1', '5'])('anonymous clients are not allowed (MQTT %s)', async (version) => {
    expect(await failure('--url', url('locked'), '-V', version)).toMatch(
      /refused: Not authorized; pass a user name with -u and -P, or a client certificate/,
    );
  });

  test('TLS on a plain port, and plain on a TLS port', async () => {
    expect(await failure('--url', url('mqtt', 'mqtts'), '--ca', ca)).toMatch(
      /does not speak TLS there|closed the connection/,
    );
    expect(await failure('--url', url('mqtts', 'mqtt'))).toContain('closed the connection');
  });

  test('the answer does not come in time', async () => {
    await using silent = await silentServer();
    expect(await failure('--url', `mqtt://127.0.0.1:${silent.port}`, '--connect-timeout', '100ms')).toBe(
      `mqtt://127.0.0.1:${silent.port} did not answer within 0.1s; check host, port and protocol`,
    );
  });

  test('HTTP instead of WebSocket', async () => {
    await using web = await webServer();
    expect(await failure('--url', `ws://127.0.0.1:${web.port}/here`)).toBe(
      `ws://127.0.0.1:${web.port}/here answers HTTP 404, not WebSocket; check the path, the default is /mqtt`,
    );
  });
});
