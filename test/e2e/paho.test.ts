import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridgeExample } from '../../src/admin/web/bridge-example.ts';
import { pahoSnippets } from '../../src/admin/web/snippets/paho.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import type { Way } from '../support/mqtt-client.ts';
import { repository } from '../support/program.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';

/** Debian's, which has Debian's paho-mqtt; another one on the PATH would not find it. */
const python = '/usr/bin/python3';
const program = (name: string): string => join(repository, 'test', 'support', 'paho', name);

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker?.[Symbol.asyncDispose]());

const ways = [
  { name: 'one-way TLS', way: 'mqtts', transport: 'tcp', hasCertificate: false },
  { name: 'two-way TLS', way: 'mqtts-two-way', transport: 'tcp', hasCertificate: true },
  { name: 'wss', way: 'wss', transport: 'websockets', hasCertificate: false },
] as const satisfies readonly { name: string; way: Way; transport: string; hasCertificate: boolean }[];
const runs = ways.flatMap((way) => ([4, 5] as const).map((version) => ({ ...way, version })));

/** @returns what the Python program saw */
async function exchange({ way, transport, version, hasCertificate }: (typeof runs)[number]): Promise<unknown> {
  const options = ['--port', String(broker.port(way)), '--transport', transport, '--version', String(version)];
  const trust = ['--ca', broker.file('root-ca.pem')];
  const identity = ['--cert', broker.file('client-demo.pem'), '--key', broker.file('client-demo.key')];
  const { code, stdout, stderr } = await runToEnd(python, [
    program('exchange.py'),
    ...options,
    ...trust,
    ...(hasCertificate ? identity : []),
  ]);
  expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const odd = Array.from({ length: 10 }, (_, index) => 2 * index + 1);

describe("Debian's paho-mqtt", () => {
  test.each(runs)('exchanges, retains, wills and returns over $name with level $version', async (run) => {
    expect(await exchange(run)).toEqual({
      each_qos: {
        granted: [0, 1, 2],
        messages: [
          ['at 0', 0, 0],
          ['at 1', 1, 0],
          ['at 2', 2, 0],
        ],
      },
      retained: [['kept', 1, 1]],
      will: [['gone', 1, 0]],
      returning: { present: [false, true], messages: { 1: odd.map((number) => number - 1), 2: odd } },
      ...(run.version === 5 && {
        request: {
          contentType: 'text/plain',
          userProperties: [
            ['b', '1'],
            ['a', '2'],
            ['b', '3'],
          ],
          answer: 'answer',
          correlation: '0001ff',
        },
      }),
    });
  });

  test.each(['mqtts', 'mqtts-two-way'] as const)("the console's snippet hears itself over %s", async (way) => {
    const { snippets } = pahoSnippets({
      mqtt: [{ host: 'localhost', port: broker.port(way), tls: way === 'mqtts' ? 'one-way' : 'two-way' }],
      webSocket: undefined,
      nats: broker.natsUrl,
      files: {
        rootCa: broker.file('root-ca.pem'),
        chain: broker.file('ca-chain.pem'),
        clientCertificate: broker.file('client-demo.pem'),
        clientKey: broker.file('client-demo.key'),
        clientPkcs12: broker.file('client-demo.p12'),
      },
      example: bridgeExample([]),
    });
    await using running = runProgram(python, ['-u', program('snippet.py'), snippets[0]?.text ?? '']);
    await running.stdout.waitFor(/^CONNECTED Success$/);
    expect(await running.stdout.waitFor(/^RECEIVED/)).toMatch(/^RECEIVED \S+ hello from paho$/);
  });
});
