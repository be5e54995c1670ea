import { connect, headers as natsHeaders } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/plane/message.ts';
import { settle, startNode } from '../support/bridge-node.ts';
import { startNatsServer } from '../support/nats-server.ts';

const text = ({ payload }: Message): string => Buffer.from(payload).toString();

describe('two nodes on one NATS', () => {
  test('a message reaches the other node once, does not come back, and is no loop', async () => {
    await using server = await startNatsServer();
    await using one = await startNode(server, 'n1');
    await using two = await startNode(server, 'n2');
    one.plane.send('signal/room/a', 'hello');
    two.plane.send('signal/room/b', 'hi');
    await settle(one, two);
    expect(one.plane.published.map(text)).toEqual(['hello', 'hi']);
    expect(two.plane.published.map(text)).toEqual(['hi', 'hello']);
    expect(two.plane.published[1]?.origin).toEqual({ kind: 'bridge', link: 'nats', brokers: ['n1'] });
    for (const { link } of [one, two]) expect(link.telemetry.count('bridge_loop_dropped_total')).toBe(0);
  });

  test('a second connection of a node, where no-echo does not help, is stopped by the origin header', async () => {
    await using server = await startNatsServer();
    await using one = await startNode(server, 'n1');
    await using again = await startNode(server, 'n1');
    one.plane.send('signal/a', 'x');
    await settle(one, again);
    expect(again.plane.published).toEqual([]);
    expect(again.link.telemetry.count('bridge_loop_dropped_total', { reason: 'own-origin' })).toBe(1);
  });

  test('a message that has passed more nodes than allowed is dropped, and counted', async () => {
    await using server = await startNatsServer();
    const config = { maxHops: 3, rules: [{ name: 'r', topic: 'a/#', subject: 'a.>' }] };
    await using one = await startNode(server, 'n1', config);
    const service = await connect({ servers: server.url });
    const given = natsHeaders();
    given.set('Mqtt-Bridge-Origin', 'n2,n3,n4,n5');
    service.publish('a.x', 'y', { headers: given });
    await service.flush();
    await settle(one);
    expect(one.plane.published).toEqual([]);
    expect(one.link.telemetry.count('bridge_loop_dropped_total', { reason: 'max-hops' })).toBe(1);
    await service.close();
  });

  test('payload, QoS, retain and properties arrive as they were sent', async () => {
    await using server = await startNatsServer();
    await using one = await startNode(server, 'n1');
    await using two = await startNode(server, 'n2');
    const payload = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const sent: Partial<Message>[] = [
      { qos: 0, retain: false },
      { qos: 1, retain: true },
      {
        qos: 2,
        retain: false,
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryInterval: 4_294_967_295,
          contentType: 'text/plain; charset=utf-8',
          responseTopic: 'answers to/é',
          correlationData: Buffer.from([0, 1, 255]),
          userProperties: [
            ['b', '1'],
            ['a', ' spaces '],
            ['b', '2\r\nNats-Msg-Id: 7'],
            ['', ''],
          ],
        },
      },
      {
        qos: 1,
        retain: false,
        properties: {
          userProperties: [
            ['x-trace', '1'],
            ['x-trace', '2'],
          ],
        },
      },
    ];
    for (const more of sent) one.plane.send('signal/Field Devices/*/a.b/', '', { payload, ...more });
    await settle(one, two);
    expect(two.plane.published).toHaveLength(sent.length);
    for (const [index, { qos, retain, properties }] of sent.entries())
      expect(two.plane.published[index]).toMatchObject({
        topic: 'signal/Field Devices/*/a.b/',
        qos,
        retain,
        ...(properties === undefined ? {} : { properties }),
      });
    expect(two.plane.published.every((message) => payload.equals(message.payload))).toBe(true);
  });

  test('the parent of a filter crosses too, and no topic arrives twice', async () => {
    await using server = await startNatsServer();
    await using one = await startNode(server, 'n1');
    await using two = await startNode(server, 'n2');
    for (const topic of ['signal', 'signal/', 'signal/a', 'signal//a']) one.plane.send(topic, topic);
    await settle(one, two);
    expect(two.plane.published.map(({ topic }) => topic).sort()).toEqual([
      'signal',
      'signal/',
      'signal//a',
      'signal/a',
    ]);
  });
});

describe('a node and plain NATS clients', () => {
  test('a NATS client reaches MQTT at QoS 1 and hears MQTT with the payload as it was', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1');
    const service = await connect({ servers: server.url });
    const heard = service.subscribe('signal.>', { max: 1 });
    await service.flush();
    node.plane.send('signal/from device', '{"a":1}');
    for await (const message of heard) {
      expect([message.subject, message.string()]).toEqual(['signal.from/x20device', '{"a":1}']);
      expect([...(message.headers ?? [])]).toEqual([['Mqtt-Bridge-Origin', ['n1']]]);
    }
    const next = node.plane.next();
    const given = natsHeaders();
    given.append('Nats-Msg-Id', 'id-1');
    service.publish('signal.to.device', 'go', { headers: given, reply: '_INBOX.secret' });
    expect(await next).toMatchObject({
      topic: 'signal/to/device',
      qos: 1,
      properties: { userProperties: [['Nats-Msg-Id', 'id-1']] },
    });
    await service.close();
  });

  test('subjects that no MQTT topic can have are dropped and counted, the rest goes on', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1');
    const service = await connect({ servers: server.url });
    for (const subject of ['signal.+', 'signal.a#', 'signal.ab/cd+e', 'signal.a/b', 'signal.ok'])
      service.publish(subject, 'x');
    await service.flush();
    await settle(node);
    expect(node.plane.published.map(({ topic }) => topic)).toEqual(['signal/ok']);
    const { telemetry } = node.link;
    expect(telemetry.count('subject_unmappable_total', { reason: 'mqtt-wildcard' })).toBe(3);
    expect(telemetry.count('subject_unmappable_total', { reason: 'lone-slash' })).toBe(1);
    await service.close();
  });

  test('no topic of a client is a wildcard or a second line for NATS', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1');
    const service = await connect({ servers: server.url });
    const subjects: string[] = [];
    service.subscribe('>', { callback: (_, message) => void subjects.push(message.subject) });
    await service.flush();
    for (const topic of ['signal/>', 'signal/*/x', 'signal/a\r\nPUB evil 1\r\nx', 'signal/ evil'])
      node.plane.send(topic, 'x');
    await settle(node);
    await service.flush();
    expect(subjects).toEqual([
      'signal./x3E',
      'signal./x2A.x',
      'signal.a/x0D/x0APUB/x20evil/x201/x0D/x0Ax',
      'signal./x20evil',
    ]);
    await service.close();
  });

  test('NATS killed and started again: MQTT goes on, what is sent meanwhile is dropped and counted, then messages flow', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1');
    await server.kill();
    await node.link.telemetry.seen('nats_disconnects_total');
    expect(node.bridge.state().nats.status).toBe('reconnecting');
    for (const payload of ['1', '2', '3']) node.plane.send('signal/stale', payload, { qos: 1 });
    expect(node.plane.published).toHaveLength(3);
    expect(node.link.telemetry.count('bridge_dropped_total', { reason: 'nats-disconnected' })).toBe(3);
    await server.restart();
    await expect.poll(() => node.bridge.state().nats.status).toBe('connected');
    const service = await connect({ servers: server.url, noEcho: true });
    const subjects: string[] = [];
    service.subscribe('signal.>', { callback: (_, message) => void subjects.push(message.subject) });
    await service.flush();
    await node.settle();
    node.plane.send('signal/fresh', 'x');
    const next = node.plane.next();
    service.publish('signal.back', 'y');
    expect((await next).topic).toBe('signal/back');
    await settle(node);
    await service.flush();
    expect(subjects).toEqual(['signal.fresh']);
    expect(node.bridge.state()).toMatchObject({
      nats: { reconnects: 1 },
      rules: [{ toNats: { passed: 1, dropped: 3 }, fromNats: { passed: 1, dropped: 0 } }],
    });
    await service.close();
  });
});
