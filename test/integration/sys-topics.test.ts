import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { freePorts } from '../support/free-ports.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** What Debian's mosquitto_sub prints of `$SYS/broker/#` until these topics were there. @returns values by topic */
async function sysTopics(port: number, ...until: string[]): Promise<ReadonlyMap<string, string>> {
  const args = ['-V', 'mqttv311', '-p', String(port), '-v', '-q', '1', '-t', '$SYS/broker/#', '-F', '%t\t%p'];
  await using client = runProgram('mosquitto_sub', args);
  for (const topic of until) await client.stdout.waitFor(new RegExp(`^\\$SYS/broker/${topic}\\t`));
  const lines = client.stdout.text().trim().split('\n');
  return new Map(lines.map((line) => [line.split('\t')[0] ?? '', line.split('\t')[1] ?? '']));
}

async function startOther(port: number, folder: string) {
  const file = join(folder, 'mosquitto.conf');
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\nsys_interval 1\n`);
  const program = runProgram('mosquitto', ['-v', '-c', file]);
  await program.stderr.waitFor(/mosquitto version \S+ running/);
  return program;
}

test('what programs for mosquitto read has the names that mosquitto itself has', async () => {
  await using folder = await temporaryDirectory();
  const [port = 0] = await freePorts(1);
  await using other = await startOther(port, folder.path);
  expect(other.process.exitCode).toBeNull();
  const theirs = await sysTopics(port, 'publish/bytes/sent', 'clients/maximum');
  await using broker = await startBroker({ store: { type: 'memory' } });
  const ours = await sysTopics(broker.port('mqtt'), 'heap/maximum');
  const figures = [...ours.keys()].filter((topic) => !topic.startsWith('$SYS/broker/certificates/'));
  expect(figures.length).toBeGreaterThan(15);
  expect(figures.filter((topic) => !theirs.has(topic))).toEqual([]);
  const isNumber = (text: string | undefined): boolean => /^\d+$/.test(text ?? '');
  for (const topic of figures) expect(isNumber(ours.get(topic)), topic).toBe(isNumber(theirs.get(topic)));
});

test('clients, messages, packets and bytes are counted to the last one, at /metrics too', async () => {
  await using broker = await startBroker({ store: { type: 'memory' } });
  const port = String(broker.port('mqtt'));
  await using subscriber = runProgram('mosquitto_sub', [
    '-p',
    port,
    '-t',
    'a/b',
    '-q',
    '1',
    '-i',
    'kept',
    '-c',
    '-C',
    '3',
  ]);
  await broker.log.waitFor(/client \\"kept\\" subscribed to \\"a\/b\\"/);
  for (const flags of [[], [], ['-r']]) {
    const publisher = runProgram('mosquitto_pub', ['-p', port, '-t', 'a/b', '-q', '1', '-m', '12345', ...flags]);
    await publisher.exited;
  }
  await subscriber.exited;
  await broker.log.waitFor(/client \\"kept\\" on mqtt from \S+ disconnected/);
  const figures = await sysTopics(Number(port), 'heap/maximum');
  const figure = (name: string): number => Number(figures.get(`$SYS/broker/${name}`));
  // PUBLISH: 2 of fixed header, 2 + 3 of topic, 2 of packet identifier, 5 of payload
  expect(figure('publish/messages/received')).toBe(3);
  expect(figure('publish/bytes/received')).toBe(3 * 14);
  // what is retained came before
  const retained = [...figures.keys()].filter((topic) => topic.startsWith('$SYS/broker/certificates/')).length;
  expect(figure('publish/messages/sent')).toBe(3 + retained);
  expect(figure('publish/bytes/sent')).toBeGreaterThan(3 * 14);
  expect(figure('clients/connected')).toBe(1);
  expect(figure('clients/disconnected')).toBe(1);
  expect(figure('clients/total')).toBe(2);
  expect(figure('clients/maximum')).toBe(2);
  expect(figure('retained messages/count')).toBeGreaterThanOrEqual(1);
  // CONNECT of each of five, SUBSCRIBE of two, PUBLISH and PUBACK of three, DISCONNECT of four
  expect(figure('messages/received')).toBe(5 + 2 + 3 + 3 + 4);
  // CONNACK of each of five, SUBACK of two, PUBACK and PUBLISH of three
  expect(figure('messages/sent')).toBe(5 + 2 + 3 + 3 + retained);
  const text = await broker.telemetry.metricsText();
  const metric = (name: string, direction: string): number =>
    Number(new RegExp(`^viaduct_${name}\\{direction="${direction}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  expect(metric('mqtt_messages_total', 'received')).toBe(3);
  expect(metric('mqtt_packets_total', 'received')).toBeGreaterThanOrEqual(figure('messages/received'));
  expect(metric('mqtt_bytes_total', 'received')).toBeGreaterThan(metric('mqtt_message_bytes_total', 'received'));
});
