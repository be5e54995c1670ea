import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleFacts } from '../../src/admin/console-facts.ts';
import { snippetGroups } from '../../src/admin/web/snippets/groups.ts';
import { targetsOf } from '../../src/admin/web/snippets/targets.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';

let broker: TestBroker;
let snippets: ReadonlyMap<string, string>;
beforeAll(async () => {
  broker = await startBroker();
  const groups = snippetGroups(targetsOf(await askFacts(), 'localhost'));
  snippets = new Map(groups.flatMap((group) => group.snippets.map((snippet) => [snippet.id, snippet.text])));
});
afterAll(() => broker?.[Symbol.asyncDispose]());

async function askFacts(): Promise<ConsoleFacts> {
  const ca = readFileSync(broker.file('root-ca.pem'));
  const url = `https://localhost:${broker.port('wss')}/api/v1/console`;
  const body = await new Promise<string>((resolve, reject) => {
    get(url, { ca }, (response) => resolve(text(response))).on('error', reject);
  });
  const facts: ConsoleFacts = JSON.parse(body);
  return facts;
}

function snippet(id: string): string {
  const found = snippets.get(id);
  if (found === undefined) throw new Error(`no snippet ${id} among ${[...snippets.keys()].join(', ')}`);
  return found;
}

describe('the snippets of the console, run as they are', () => {
  test.each(['one-way', 'two-way'])('mosquitto subscribes and publishes over %s TLS', async (tls) => {
    // -d and stdbuf show when the subscription stands
    const command = `exec ${snippet(`mosquitto-sub-${tls}`)} -d`;
    await using subscriber = runProgram('stdbuf', ['-oL', 'sh', '-c', command]);
    await subscriber.stdout.waitFor(/^Subscribed/);
    const { code, stderr } = await runToEnd('sh', ['-c', snippet(`mosquitto-pub-${tls}`)]);
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: '' });
    expect(await subscriber.stdout.waitFor(/hello from/)).toBe('signal/hello hello from mosquitto');
  });

  test.each(['one-way', 'two-way'])('openssl verifies the certificate over %s TLS', async (tls) => {
    const { code, stderr } = await runToEnd('sh', ['-c', snippet(`openssl-verify-${tls}`)]);
    expect(stderr).toContain('Verification: OK');
    expect(code).toBe(0);
  });

  test.each(['one-way', 'two-way'])('openssl gets the CONNACK over %s TLS', async (tls) => {
    const { stdout } = await runToEnd('sh', ['-c', snippet(`openssl-connect-${tls}`)]);
    expect(stdout.trim()).toBe('20 02 00 00');
  });

  test.each(['one-way', 'two-way', 'websocket'])('mqtt.js hears itself (%s)', async (way) => {
    await using program = runProgram(process.execPath, ['--input-type=module', '-e', snippet(`mqtt-js-${way}`)]);
    expect(await program.stdout.waitFor(/hello/)).toBe('signal/hello hello from mqtt.js');
  });

  test('nats.js hears itself', async () => {
    await using program = runProgram(process.execPath, ['--input-type=module', '-e', snippet('nats-js')]);
    expect(await program.stdout.waitFor(/hello/)).toBe('signal.hello hello from nats.js');
  });
});
