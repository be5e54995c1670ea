import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOf, systemCode } from '../../src/kernel/errors.ts';
import { certificateSource } from '../../src/transport/tls/certificates.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA } from '../support/raw-client.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { type TestKeyPair, type TestPki, testPki } from '../support/test-pki.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';
import { websocketStream } from '../support/websocket-stream.ts';

// Who accepts whom where the root signs a second CA and that one signs servers and clients: openssl s_client, which
// sends and trusts what it is given and nothing else, against a listener of ours; and the same rows for Node's clients,
// mqtt.js over TLS and over wss, and websocket-stream.

let pki: TestPki;
let client: TestKeyPair;
beforeAll(async () => {
  pki = await testPki();
  client = await pki.client({ cn: 'pump-7' });
});
afterAll(() => pki[Symbol.asyncDispose]());

const bundles = {
  root: () => pki.root,
  second: () => pki.intermediate,
  'root+second': () => pki.root + pki.intermediate,
  'second+root': () => pki.intermediate + pki.root,
} as const;
type Bundle = keyof typeof bundles;
type Sent = 'leaf' | 'leaf+second';

const bundleFile = (name: Bundle): Promise<string> => pki.file(`${name}.pem`, bundles[name]());

/** @param clientCa what the server trusts; OpenSSL completes what it sends from there. */
const listener = (tls: 'one-way' | 'two-way', sent: Sent, clientCa: Bundle, isEcho = true): Promise<TestListener> => {
  const { leaf, cert, key } = pki.server;
  const material = { cert: sent === 'leaf' ? leaf : cert, key, clientCa: bundles[clientCa]() };
  return startListener({ tls, accept: ['mqtt', 'websocket'] }, { certificates: certificateSource(material), isEcho });
};

const target = (port: number): string[] => ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost'];

describe('one-way: the client that trusts', () => {
  const unknownIssuer = 20; // unable to get local issuer certificate
  const noRoot = 2; // unable to get issuer certificate
  test.each<[trusted: Bundle, sent: Sent, code: number, partialCode: number]>([
    ['root', 'leaf', unknownIssuer, unknownIssuer],
    ['root', 'leaf+second', 0, 0],
    ['second', 'leaf', noRoot, 0],
    ['second', 'leaf+second', noRoot, 0],
    ['root+second', 'leaf', 0, 0],
    ['root+second', 'leaf+second', 0, 0],
    ['second+root', 'leaf', 0, 0],
    ['second+root', 'leaf+second', 0, 0],
  ])(
    '%s, of a server that sends %s, gets code %i, with -partial_chain %i',
    async (trusted, sent, code, partialCode) => {
      await using server = await listener('one-way', sent, 'root');
      const ca = ['-CAfile', await bundleFile(trusted)];
      for (const [more, expected] of [
        [[], code],
        [['-partial_chain'], partialCode],
      ] as const) {
        const { stdout, stderr } = await runToEnd('openssl', [...target(server.port), ...ca, ...more, '-showcerts']);
        expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(sent === 'leaf' ? 1 : 2);
        expect(Number(/verify error:num=(\d+)/.exec(stderr)?.[1] ?? 0)).toBe(expected);
        expect(stdout.includes('Verify return code: 0 (ok)')).toBe(expected === 0);
        const strict = await runToEnd('openssl', [...target(server.port), ...ca, ...more, '-verify_return_error']);
        expect(strict.code).toBe(expected === 0 ? 0 : 1);
      }
    },
  );
});

describe("one-way: Node's client that trusts", () => {
  const noChain = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
  const noChainPartial = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
  const noIssuer = 'UNABLE_TO_GET_ISSUER_CERT';
  test.each<[trusted: Bundle, sent: Sent, outcome: string, partialOutcome: string]>([
    ['root', 'leaf', noChain, noChainPartial],
    ['root', 'leaf+second', 'ok', 'ok'],
    ['second', 'leaf', noIssuer, 'ok'],
    ['second', 'leaf+second', noIssuer, 'ok'],
    ['root+second', 'leaf', 'ok', 'ok'],
    ['root+second', 'leaf+second', 'ok', 'ok'],
    ['second+root', 'leaf', 'ok', 'ok'],
    ['second+root', 'leaf+second', 'ok', 'ok'],
  ])('%s, of a server that sends %s: %s, with allowPartialTrustChain %s', async (trusted, sent, outcome, partial) => {
    for (const [more, expected] of [
      [{}, outcome],
      [{ allowPartialTrustChain: true }, partial],
    ] as const) {
      await using server = await listener('one-way', sent, 'root', false);
      expect(await nodeOutcomes(server, { ca: bundles[trusted](), ...more })).toEqual(
        Object.fromEntries(nodeClients.map((name) => [name, expected])),
      );
    }
  });
});

const twoWay: readonly [trusted: Bundle, sent: Sent, isAccepted: boolean][] = [
  ['root+second', 'leaf', true],
  ['root+second', 'leaf+second', true],
  ['second+root', 'leaf', true],
  ['second+root', 'leaf+second', true],
  ['root', 'leaf', false],
  ['root', 'leaf+second', true],
  ['second', 'leaf', true],
  ['second', 'leaf+second', true],
];

describe('two-way: the server that trusts', () => {
  test.each(twoWay)("%s, of Node's client that sends %s: %s", async (trusted, sent, isAccepted) => {
    await using server = await listener('two-way', 'leaf+second', trusted, false);
    const identity = { cert: sent === 'leaf' ? client.leaf : client.cert, key: client.key };
    const outcomes = await nodeOutcomes(server, { ca: bundles.root(), ...identity });
    expect(nodeClients.filter((name) => outcomes[name] === 'ok')).toEqual(isAccepted ? nodeClients : []);
    const reasons = server.events('connections_refused_total').map(({ reason }) => reason);
    expect(reasons).toEqual(isAccepted ? [] : nodeClients.map(() => 'unknown-ca'));
  });

  test.each(twoWay)(
    '%s, of a client that sends %s: %s, over TLS 1.2 and 1.3, with and without SNI',
    async (trusted, sent, isAccepted) => {
      await using server = await listener('two-way', 'leaf+second', trusted);
      const leaf = [
        '-cert',
        await pki.file('client.pem', client.leaf),
        '-key',
        await pki.file('client.key', client.key),
      ];
      const identity = [...leaf, ...(sent === 'leaf' ? [] : ['-cert_chain', await bundleFile('second')])];
      for (const version of ['-tls1_2', '-tls1_3'])
        for (const name of [['-servername', 'localhost'], ['-noservername']]) {
          const connect = ['s_client', '-connect', `127.0.0.1:${server.port}`, ...name, version];
          const trust = ['-CAfile', await bundleFile('root'), '-verify_return_error'];
          expect(await isEchoed([...connect, ...trust, ...identity, '-quiet'])).toBe(isAccepted);
        }
      const reasons = server.events('connections_refused_total').map(({ reason }) => reason);
      expect(reasons).toEqual(isAccepted ? [] : Array.from({ length: 4 }, () => 'unknown-ca'));
    },
  );
});

/** Whether what s_client sends comes back before the connection ends. */
async function isEchoed(args: readonly string[]): Promise<boolean> {
  await using program = runProgram('openssl', args);
  const answered = new Promise<boolean>((resolve) => program.process.stdout.once('data', () => resolve(true)));
  program.process.stdin.write(hex(connectA));
  return await Promise.race([answered, program.exited.then(() => false)]);
}

const nodeClients = ['mqtt.js', 'mqtt.js over wss', 'websocket-stream'] as const;
interface NodeTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly allowPartialTrustChain?: boolean;
}

/** What becomes of a CONNECT of each client: `ok`, or the code of the error. */
async function nodeOutcomes(
  server: TestListener,
  tls: NodeTls,
): Promise<Readonly<Record<(typeof nodeClients)[number], string>>> {
  const outcome = (attempt: Promise<unknown>): Promise<string> => attempt.then(() => 'ok', codeOf);
  const viaMqtt = async (url: string): Promise<void> => {
    const options = { ...tls, wsOptions: tls, reconnectPeriod: 0, connectTimeout: 30_000 };
    const target = mqtt.connect(url, options);
    await answered(server, target, 'connect');
    await target.endAsync(true);
  };
  const viaStream = async (url: string): Promise<void> => {
    const stream = websocketStream(url, tls);
    stream.write(hex(connectA));
    await answered(server, stream, 'data');
    stream.destroy();
  };
  return {
    'mqtt.js': await outcome(viaMqtt(`mqtts://localhost:${server.port}`)),
    'mqtt.js over wss': await outcome(viaMqtt(`wss://localhost:${server.port}/mqtt`)),
    'websocket-stream': await outcome(viaStream(`wss://localhost:${server.port}/mqtt`)),
  };
}

interface Emitter {
  on(event: string, listener: (cause?: unknown) => void): unknown;
}

/** Answers the next CONNECT. @param event by which the client says that it has the answer. @throws what it fails with. */
async function answered(server: TestListener, target: Emitter, event: string): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    target.on(event, () => resolve());
    for (const end of ['error', 'close']) target.on(end, (cause: unknown = new Error('closed')) => reject(cause));
  });
  const accepted = await Promise.race([server.accepted(), done]);
  await accepted?.receive(2);
  accepted?.link.write([hex('20 02 00 00')]);
  await done;
}

/** Of an error, or of the event that websocket-stream gives in its place. */
const codeOf = (cause: unknown): string => {
  const error: unknown = Reflect.get(Object(cause), 'error') ?? cause;
  return systemCode(error) ?? messageOf(error);
};
