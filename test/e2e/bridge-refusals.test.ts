import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import type { IPublishPacket, Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { startNatsCluster } from '../support/nats-cluster.ts';
import { type NatsServer, startNatsServer } from '../support/nats-server.ts';
import { type ServingBroker, serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';
import { startStreamServer } from '../support/stream-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const version5 = { connect: { protocolVersion: 5 } } as const;
const codeOf = (answer: Packet): number | undefined => ('reasonCode' in answer ? answer.reasonCode : undefined);
const reasonOf = (answer: Packet): string =>
  'properties' in answer && answer.properties !== undefined && 'reasonString' in answer.properties
    ? (answer.properties.reasonString ?? '')
    : '';

let nextId = 0;
const publish = (topic: string, payload: string | Buffer, more: Partial<IPublishPacket> = {}): IPublishPacket => {
  nextId = (nextId % 60_000) + 1;
  return { cmd: 'publish', topic, payload, qos: 1, messageId: nextId, dup: false, retain: false, ...more };
};

const bridged = (urls: readonly string[], ack: 'nats' | 'jetstream', bridge: object = {}, nats: object = {}) =>
  serve({
    nats: { servers: urls, reconnectDelay: '20ms', reconnectDelayMax: '100ms', ...nats },
    store: { type: 'disk' },
    bridge: { rules: [{ name: 'all', topic: 'a/#', subject: 'a.>', ack }], ...bridge },
  });

/** Both QoS, so that both ways of a PUBLISH through the broker are taken. */
const levels = [1, 2] as const;
const answers = { 1: 'puback', 2: 'pubrec' } as const;

async function manage(server: NatsServer): Promise<JetStreamManager & AsyncDisposable> {
  const connection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 }); // a cluster may have no leader yet
  return Object.assign(manager, { [Symbol.asyncDispose]: () => connection.close() });
}

const connects = (broker: ServingBroker) => broker.metric('nats_connects_total');

describe('a subject that makes a protocol line too long for the server', () => {
  /** As long as subjects get; the address of the answer is what is too much. */
  const long = `a/${'x'.repeat(4_062)}`;

  test.each(levels)('QoS %i: is refused with 0x90, and the link stays', async (qos) => {
    await using stream = await startStreamServer();
    await using broker = await bridged([stream.nats.url], 'jetstream');
    await using client = await SocketClient.open(broker.port, 'c', version5);
    const refused = await client.ask(publish(long, 'x', { qos }), answers[qos]);
    expect(codeOf(refused)).toBe(0x90);
    expect(reasonOf(refused)).toContain('4096 bytes (nats.maxControlLine)');
    expect(codeOf(await client.ask(publish('a/b', 'y', { qos }), answers[qos]))).toBe(0);
    expect(await stream.stored()).toBe(1);
    expect(await connects(broker)).toBe(1);
  });

  test('at QoS 0, and before MQTT 5, is dropped and counted, and the link stays', async () => {
    await using nats = await startNatsServer({ config: 'max_control_line: 1024' });
    await using broker = await bridged([nats.url], 'nats', {}, { maxControlLine: '1KiB' });
    await using client = await SocketClient.open(broker.port, 'c');
    client.send(publish(`a/${'x'.repeat(1_010)}`, 'x', { qos: 0 }));
    await client.ask(publish(`a/${'y'.repeat(1_010)}`, 'x'), 'puback');
    await client.ask(publish('a/b', 'y'), 'puback');
    expect(await broker.metric('bridge_dropped_total', 'reason="subject-too-long"')).toBe(2);
    expect(await broker.metric('bridge_unsendable_total', 'reason="nats-subject-too-long"')).toBe(1);
    expect(await connects(broker)).toBe(1);
  });
});

describe('a message larger than the server takes (max_payload)', () => {
  const large = Buffer.alloc(5_000);
  const small = 'max_payload: 4096';

  test.each(levels)('QoS %i: is refused for good with 0x83 and the limit, also while NATS is away', async (qos) => {
    await using nats = await startNatsServer({ config: small });
    await using broker = await bridged([nats.url], 'nats');
    await using client = await SocketClient.open(broker.port, 'c', version5);
    const refused = await client.ask(publish('a/b', large, { qos }), answers[qos]);
    expect(codeOf(refused)).toBe(0x83);
    expect(reasonOf(refused)).toContain('4096 bytes that the NATS server takes (max_payload)');
    await nats.kill();
    expect(codeOf(await client.ask(publish('a/b', 'kept', { qos }), answers[qos]))).toBe(0);
    expect(codeOf(await client.ask(publish('a/b', large, { qos }), answers[qos]))).toBe(0x83);
    expect(await broker.metric('bridge_outbox_messages')).toBe(1);
  });

  test.each(levels)('QoS %i: before MQTT 5 is acknowledged, dropped, counted and logged once', async (qos) => {
    await using nats = await startNatsServer({ config: small });
    await using broker = await bridged([nats.url], 'nats');
    await using reader = await SocketClient.open(broker.port, 'reader');
    await reader.subscribe('a/#', 0);
    await using client = await SocketClient.open(broker.port, 'c');
    for (let count = 0; count < 3; count += 1) await client.ask(publish('a/b', large, { qos }), answers[qos]);
    await client.ask(publish('a/b', 'small', { qos }), answers[qos]);
    expect(await broker.metric('bridge_unsendable_total', 'rule="all"')).toBe(3);
    const logged = await broker.program.stderr.waitFor(/acknowledged and dropped a message \(bridge\.onUnsendable\)/);
    expect(logged.match(/acknowledged and dropped/g)).toHaveLength(1);
    await expect.poll(() => reader.messages.length).toBe(4);
  });

  test('before MQTT 5 closes the connection where bridge.onUnsendable says refuse', async () => {
    await using nats = await startNatsServer({ config: small });
    await using broker = await bridged([nats.url], 'nats', { onUnsendable: 'refuse' });
    await using client = await SocketClient.open(broker.port, 'c');
    client.send(publish('a/b', large));
    await client.closed;
    expect(await broker.metric('bridge_unsendable_total', 'reason="nats-too-large"')).toBe(1);
  });
});

describe('headers of JetStream as User Properties', () => {
  const withProperties = (userProperties: Record<string, string>) =>
    publish('a/b', 'x', { properties: { userProperties } });

  test('Nats-Msg-Id has a repetition stored once, whatever stands before it and however the rule acknowledges', async () => {
    for (const ack of ['jetstream', 'nats'] as const) {
      await using stream = await startStreamServer();
      await using broker = await bridged([stream.nats.url], ack);
      await using client = await SocketClient.open(broker.port, 'c', version5);
      for (let count = 0; count < 3; count += 1)
        await client.ask(withProperties({ note: 'Nats-Msg-Id: x', 'Nats-Msg-Id': 'order-7' }), 'puback');
      await client.ask(withProperties({ 'Nats-Msg-Id': 'order-8' }), 'puback');
      expect(await stream.stored()).toBe(2);
    }
  });

  test('Nats-Expected-Last-Sequence lets a message in only where it is so', async () => {
    await using stream = await startStreamServer();
    await using broker = await bridged([stream.nats.url], 'jetstream');
    await using client = await SocketClient.open(broker.port, 'c', version5);
    const at = (sequence: number) => withProperties({ 'Nats-Expected-Last-Sequence': String(sequence) });
    expect(codeOf(await client.ask(at(0), 'puback'))).toBe(0);
    const refused = await client.ask(at(7), 'puback');
    expect(codeOf(refused)).toBe(0x83);
    expect(reasonOf(refused)).toContain('what its Nats-Expected headers say is not so');
    expect(codeOf(await client.ask(at(1), 'puback'))).toBe(0);
    expect(await stream.stored()).toBe(2);
  });
});

describe('a subject on which the server does not let us publish', () => {
  const config = `authorization { users: [ { user: u, password: p, permissions: { publish: { deny: "a.secret" } } } ] }`;

  test.each(levels)('QoS %i, ack: nats: is refused with 0x87 and counted by rule; others go on', async (qos) => {
    await using nats = await startNatsServer({ config });
    const login = { user: 'u', password: { env: 'NATS_PASSWORD' } };
    await using broker = await serve(
      {
        nats: { servers: [nats.url], ...login },
        bridge: { rules: [{ name: 'all', topic: 'a/#', subject: 'a.>', ack: 'nats' }] },
      },
      { NATS_PASSWORD: 'p' },
    );
    await using client = await SocketClient.open(broker.port, 'c', version5);
    const refused = await client.ask(publish('a/secret', 'x', { qos }), answers[qos]);
    expect(codeOf(refused)).toBe(0x87);
    expect(reasonOf(refused)).toContain('does not let this broker publish on a.secret');
    expect(codeOf(await client.ask(publish('a/b', 'x', { qos }), answers[qos]))).toBe(0);
    await using old = await SocketClient.open(broker.port, 'old');
    await old.ask(publish('a/secret', 'x', { qos }), answers[qos]);
    expect(await broker.metric('bridge_unsendable_total', 'rule="all",reason="nats-forbidden"')).toBe(2);
    expect(await broker.metric('bridge_outbox_messages')).toBe(0);
  });
});

describe('a subject that is forbidden, in rules that do not wait for NATS or wait for JetStream', () => {
  test('is counted by rule, and only JetStream refuses, at once and for good', async () => {
    await using directory = await temporaryDirectory();
    const permissions = '{ publish: { deny: ["a.secret", "local.secret"] } }';
    const users = `authorization { users: [ { user: u, password: p, permissions: ${permissions} } ] }`;
    await using nats = await startNatsServer({ config: `${users}\njetstream { store_dir: "${directory.path}" }` });
    const rules = [
      { name: 'stored', topic: 'a/#', subject: 'a.>', ack: 'jetstream' },
      { name: 'local', topic: 'local/#', subject: 'local.>' },
    ];
    await using broker = await serve(
      {
        nats: { servers: [nats.url], user: 'u', password: { env: 'NATS_PASSWORD' } },
        bridge: { rules, ackTimeout: '60s' },
      },
      { NATS_PASSWORD: 'p' },
    );
    await using client = await SocketClient.open(broker.port, 'c', version5);
    for (const qos of levels) {
      const refused = await client.ask(publish('a/secret', 'x', { qos }), answers[qos]);
      expect(codeOf(refused)).toBe(0x87);
      expect(reasonOf(refused)).toContain('does not let this broker publish on a.secret');
      expect(codeOf(await client.ask(publish('local/secret', 'x', { qos }), answers[qos]))).toBeLessThan(0x80);
    }
    expect(await broker.metric('bridge_unsendable_total', 'rule="stored",reason="nats-forbidden"')).toBe(2);
    for (const rule of ['stored', 'local'])
      await expect
        .poll(() => broker.metric('bridge_dropped_total', `rule="${rule}",direction="to-nats",reason="forbidden"`))
        .toBe(2);
    await broker.program.stderr.waitFor(/loses messages: .*publish on local\.secret/);
  });
});

describe('JetStream says why it does not store, and its publisher is told', () => {
  test.each<[string, object, number, RegExp]>([
    ['a message over max_msg_size', { max_msg_size: 100 }, 0x83, /larger than its stream takes .*max_msg_size/],
    [
      'a stream that is full',
      { max_msgs: 1, discard: 'new' },
      0x97,
      /its stream or its account is full \(maximum messages/,
    ],
  ])('%s', async (_, config, code, sentence) => {
    await using stream = await startStreamServer(config);
    await using broker = await bridged([stream.nats.url], 'jetstream');
    await using client = await SocketClient.open(broker.port, 'c', version5);
    await client.ask(publish('a/b', 'x'), 'puback');
    const refused = await client.ask(publish('a/b', Buffer.alloc(200)), 'puback');
    expect(codeOf(refused)).toBe(code);
    expect(reasonOf(refused)).toMatch(sentence);
  });

  test('a stream that chooses its leader is waited for, within bridge.ackTimeout, and the order is kept', async () => {
    await using cluster = await startNatsCluster();
    const [first, second, third] = cluster.servers;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three servers');
    const url = [first.url];
    {
      await using manager = await manage(first);
      const config = { name: 'all', subjects: ['a.>'], num_replicas: 3, duplicate_window: nanos(120_000) };
      await expect.poll(() => manager.streams.add(config).then(() => 'made', String)).toBe('made');
    }
    await using broker = await bridged(url, 'jetstream', { ackTimeout: '50s' });
    await using client = await SocketClient.open(broker.port, 'c', version5);
    expect(codeOf(await client.ask(publish('a/b', '0'), 'puback'))).toBe(0);
    await Promise.all([second.kill(), third.kill()]); // two of three are away: nobody can be leader
    const sent = Array.from({ length: 20 }, (_, index) => client.ask(publish('a/b', String(index + 1)), 'puback'));
    await second.restart();
    await third.restart();
    expect((await Promise.all(sent)).map(codeOf)).toEqual(sent.map(() => 0));
    await using manager = await manage(first);
    const stored: string[] = [];
    for (let seq = 1; seq <= 21; seq += 1)
      stored.push((await manager.streams.getMessage('all', { seq }))?.string() ?? '');
    expect(stored).toEqual(Array.from({ length: 21 }, (_, index) => String(index)));
  });
});
