import { connect as connectNats, type NatsConnection } from '@nats-io/transport-node';
import type { Packet } from 'mqtt-packet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type TestBroker, testListeners } from '../support/broker.ts';
import { connectOf, type Dialogue, dialogue } from '../support/dialogue.ts';
import { type NatsServer, startNatsServer } from '../support/nats-server.ts';

const bridge = {
  rules: [
    { name: 'plant', topic: 'plant/#', subject: 'plant.>' },
    { name: 'other', topic: 'other/#', subject: 'other.>' },
    { name: 'acked', topic: 'acked/#', subject: 'acked.>', direction: 'to-nats', ack: 'nats' },
  ],
};
const rules = [
  { deny: 'all', listener: 'nats', topics: ['plant/secret/#'] },
  { deny: 'receive', listener: 'nats', topics: ['plant/kept/#'] },
  { allow: 'all', listener: 'nats', clientId: 'plant', topics: ['plant/#'] },
  { allow: 'subscribe', listener: 'nats', clientId: 'acked', topics: ['acked/open/#'] },
  { allow: 'all', listener: 'mqtt' },
];
const anonymous = ['mqtt'];

let server: NatsServer;
let nats: NatsConnection;
let broker: TestBroker;
/** Subjects of what the bridge carried away. */
const carried: string[] = [];

beforeAll(async () => {
  server = await startNatsServer();
  nats = await connectNats({ servers: server.url, noEcho: true });
  nats.subscribe('>', {
    callback: (_error, { subject }) => void (/^(plant|other|acked)\./.test(subject) && carried.push(subject)),
  });
  await nats.flush();
  broker = await startBroker({
    listeners: testListeners.slice(0, 1),
    nats: { servers: [server.url] },
    access: { anonymous, rules },
    bridge,
  });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await nats.close();
  await server[Symbol.asyncDispose]();
});

async function client(id: string): Promise<Dialogue> {
  const connected = await dialogue(broker.port('mqtt'));
  await connected.ask(connectOf(id));
  return connected;
}
const message = (topic: string, qos: 0 | 1 | 2): Packet => ({
  cmd: 'publish',
  topic,
  payload: 'x',
  qos,
  retain: false,
  dup: false,
  messageId: 1,
});

/** Publishes in MQTT, and behind it on `plant/end`, which is carried away in any case. */
async function published(...topics: readonly string[]): Promise<string[]> {
  carried.splice(0);
  await using publisher = await client('publisher');
  for (const topic of [...topics, 'plant/end'])
    for (const qos of [0, 1, 2] as const) {
      publisher.send(message(topic, qos));
      const answers = [[], ['puback'], ['pubrec', 'pubcomp']][qos] ?? [];
      for (const cmd of answers) {
        expect(await publisher.next()).toMatchObject({ cmd });
        if (cmd === 'pubrec') publisher.send({ cmd: 'pubrel', messageId: 1 });
      }
    }
  await expect.poll(() => carried.filter((subject) => subject === 'plant.end').length, { interval: 1 }).toBe(3);
  return [...new Set(carried)].toSorted();
}

/** Publishes at NATS, and behind it on `plant.end`, which comes to MQTT in any case. @returns topics that came */
async function brought(...subjects: readonly string[]): Promise<string[]> {
  await using reader = await client('reader');
  await reader.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] });
  for (const subject of [...subjects, 'plant.end']) nats.publish(subject, 'x');
  const came: string[] = [];
  while (came.at(-1) !== 'plant/end') {
    const packet = await reader.next();
    came.push(packet?.cmd === 'publish' ? packet.topic : 'plant/end');
  }
  return came.slice(0, -1);
}

test('what NATS brings is published as far as the rules let the rule of the bridge publish', async () => {
  expect(await brought('plant.a', 'plant.secret.x', 'plant.kept.x', 'other.a')).toEqual(['plant/a', 'plant/kept/x']);
});

test('what is published is carried away at any QoS as far as the rule of the bridge may subscribe and receive', async () => {
  const sent = ['plant/a', 'plant/secret/x', 'plant/kept/x', 'other/a'];
  expect(await published(...sent)).toEqual(['plant.a', 'plant.end']);
  // one for each rule of the bridge and direction
  expect(broker.log.all().filter((line) => line.includes('of the bridge may not carry away'))).toHaveLength(2);
  expect(broker.log.all().filter((line) => line.includes('of the bridge may not publish'))).toHaveLength(2);
});

test('where a PUBACK waits for NATS it waits for none where nothing may be carried away', async () => {
  expect(await published('acked/open/x', 'acked/closed/x')).toEqual(['acked.open.x', 'plant.end']);
});

test('other rules count at once, both ways', async () => {
  const next = [{ deny: 'all', listener: 'nats', topics: ['plant/a'] }, { allow: 'all' }];
  expect(await broker.change({ access: { anonymous, rules: next } })).toContain('reloaded');
  const topics = ['plant/a', 'plant/secret/x', 'plant/kept/x', 'other/a', 'acked/closed/x'];
  expect(await published(...topics)).toEqual([
    'acked.closed.x',
    'other.a',
    'plant.end',
    'plant.kept.x',
    'plant.secret.x',
  ]);
  expect(await brought('plant.a', 'plant.secret.x', 'other.a')).toEqual(['plant/secret/x', 'other/a']);
  expect(await broker.change({ access: { anonymous, rules } })).toContain('reloaded');
  expect(await published(...topics)).toEqual(['plant.a', 'plant.end']);
});

test('without any rule the bridge may do everything', async () => {
  expect(await broker.change({ access: { anonymous, rules: [] } })).toContain('reloaded');
  expect(await published('plant/secret/x', 'other/a')).toEqual(['other.a', 'plant.end', 'plant.secret.x']);
  expect(await brought('plant.secret.x', 'other.a')).toEqual(['plant/secret/x', 'other/a']);
});
