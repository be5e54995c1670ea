import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createListener } from '../../src/transport/listener.ts';
import { listenerSchema } from '../../src/transport/schema.ts';
import { certificateSource } from '../../src/transport/tls/certificates.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA } from '../support/raw-client.ts';
import { runProgram } from '../support/run-program.ts';
import { startListener, type TestListener, type TestListenerOptions } from '../support/transport-listener.ts';

const { pki } = await filePki();
const client = await pki.client({ cn: 'pump-7' });
let certificates: ReturnType<typeof certificateSource>;

const source = (): ReturnType<typeof certificateSource> =>
  certificateSource({ cert: pki.server.cert, key: pki.server.key, clientCa: pki.chain });

const secret = 'a secret of more than 32 characters, for all nodes';
const hourMs = 3_600_000;
const connectPacket = hex(connectA);

type Kind = 'one-way' | 'two-way';

function start(tls: Kind, options: TestListenerOptions & { name?: string } = {}): Promise<TestListener> {
  certificates = source();
  const config = { name: options.name ?? 'test', tls, accept: ['mqtt'], tickets: { rotate: '1h' } };
  return startListener(config, { certificates, ...options });
}

/**
 * A client of openssl that keeps its session in a file, as one that comes again and again does.
 * @returns connects, waits for what was sent to come back, and tells what kind of handshake it was.
 */
async function returningClient(name: string): Promise<(server: TestListener, version?: string) => Promise<string>> {
  const [ca, cert, key, session] = [
    await pki.file('root.pem', pki.root),
    await pki.file('client.pem', client.cert),
    await pki.file('client.key', client.key),
    await pki.file(`${name}.session`, ''),
  ];
  let isFirst = true;
  return async (server, version = 'tls1_3') => {
    const args = ['-connect', `127.0.0.1:${server.port}`, '-CAfile', ca, '-cert', cert, '-key', key, `-${version}`];
    const sessions = [...(isFirst ? [] : ['-sess_in', session]), '-sess_out', session];
    isFirst = false;
    await using program = runProgram('openssl', ['s_client', '-quiet', ...args, ...sessions]);
    program.process.stdin.write(connectPacket);
    await once(program.process.stdout, 'data'); // behind the tickets, so they are in the file
    const { isResumed } = (await server.accepted()).link.peer.tls ?? {};
    return isResumed === true ? 'resumed' : 'full';
  };
}

describe.each(['one-way', 'two-way'] as const)('over %s TLS', (tls) => {
  test.each(['tls1_3', 'tls1_2'])('a client of %s resumes every time, each time with a new ticket', async (version) => {
    await using server = await start(tls);
    const connect = await returningClient(`again-${tls}-${version}`);
    const outcomes = [];
    for (let round = 0; round < 5; round += 1) outcomes.push(await connect(server, version));
    expect(outcomes).toEqual(['full', 'resumed', 'resumed', 'resumed', 'resumed']);
  });

  test('a session resumes under renewed certificates', async () => {
    await using server = await start(tls);
    const connect = await returningClient(`renewed-${tls}`);
    await connect(server);
    const { cert, key } = await pki.renewServer();
    certificates.replace({ cert, key, clientCa: pki.chain });
    expect(await connect(server)).toBe('resumed');
  });

  test('a session of the period before resumes, an older one does not', async () => {
    const clock = fakeClock(Date.now());
    await using server = await start(tls, { clock });
    const connect = await returningClient(`rotated-${tls}`);
    await connect(server);
    clock.advance(hourMs);
    expect(await connect(server)).toBe('resumed');
    clock.advance(2 * hourMs);
    expect(await connect(server)).toBe('full');
    expect(await connect(server)).toBe('resumed');
  });

  test('nodes with the same secret resume the sessions of each other, others do not', async () => {
    await using one = await start(tls, { ticketSecret: secret, name: 'mqtts' });
    await using two = await start(tls, { ticketSecret: secret, name: 'another-name' });
    await using stranger = await start(tls);
    const connect = await returningClient(`shared-${tls}`);
    const outcomes = [];
    for (const server of [one, two, one, stranger, one]) outcomes.push(await connect(server));
    expect(outcomes).toEqual(['full', 'resumed', 'resumed', 'full', 'full']);
  });
});

test('a session without a client certificate does not resume where one is required', async () => {
  await using oneWay = await start('one-way', { ticketSecret: secret });
  await using twoWay = await start('two-way', { ticketSecret: secret });
  const connect = await returningClient('kinds');
  await connect(oneWay);
  expect(await connect(twoWay)).toBe('full');
  expect(await connect(twoWay)).toBe('resumed');
});

test('a listener does not start with a secret that could be guessed', async () => {
  const options = listenerSchema.parse({ name: 'mqtts', bind: '127.0.0.1:0', tls: 'one-way', accept: ['mqtt'] });
  const listener = createListener(options, {
    accept: () => undefined,
    http: undefined,
    certificates: source(),
    ticketSecret: 'hunter2',
    telemetry: { logger: { log: () => undefined }, events: { emit: () => undefined } },
    clock: systemClock,
  });
  await expect(listener.start(new AbortController().signal)).rejects.toThrow(
    'listener mqtts: tickets.secret is 7 bytes long, which could be guessed; use at least 32',
  );
});
