import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/plane/message.ts';
import { settle, startNode } from '../support/bridge-node.ts';
import { startNatsServer } from '../support/nats-server.ts';

const said = ({ topic, payload }: Message): string => `${topic} ${Buffer.from(payload).toString()}`;
const signal = { name: 'signal', topic: 'signal/#', subject: 'signal.>' };
const mirror = { name: 'mirror', topic: 'mirror/{r...}', subject: 'signal.{r...}', direction: 'from-nats' };

describe('a second rule that takes the subjects of the first', () => {
  test('sees the messages of its own node and those of others, once', async () => {
    await using server = await startNatsServer();
    const rules = [signal, mirror];
    await using one = await startNode(server, 'n1', { rules });
    await using two = await startNode(server, 'n2', { rules });
    one.plane.send('signal/a', 'of one');
    two.plane.send('signal/b', 'of two', { qos: 1, retain: true });
    await settle(one, two);
    const expected = ['mirror/a of one', 'mirror/b of two', 'signal/a of one', 'signal/b of two'];
    for (const { plane, link } of [one, two]) {
      expect(plane.published.map(said).sort()).toEqual(expected);
      expect(plane.published.find(({ topic }) => topic === 'mirror/b')).toMatchObject({ qos: 1, retain: true });
      expect(link.telemetry.count('bridge_loop_dropped_total')).toBe(0);
    }
  });

  test('hears a message under each of several topics that share a subject', async () => {
    await using server = await startNatsServer();
    const rules = [
      { name: 'one', topic: 'a/+', subject: 's.*', direction: 'to-nats' },
      { name: 'both', topic: 'b/+', subject: 's.*' },
    ];
    await using node = await startNode(server, 'n1', { rules });
    node.plane.send('a/x', 'from a');
    node.plane.send('b/x', 'from b');
    await settle(node);
    expect(node.plane.published.map(said)).toEqual(['a/x from a', 'b/x from b', 'b/x from a']);
  });

  test('whose topics another rule sends back to NATS makes no loop', async () => {
    await using server = await startNatsServer();
    const rules = [signal, mirror, { name: 'out', topic: 'mirror/#', subject: 'signal.>', direction: 'to-nats' }];
    await using one = await startNode(server, 'n1', { rules });
    await using two = await startNode(server, 'n2', { rules });
    one.plane.send('signal/a', 'x');
    await settle(one, two);
    for (const { plane } of [one, two]) expect(plane.published.map(said).sort()).toEqual(['mirror/a x', 'signal/a x']);
  });

  test('is not paid for where there is none: nothing that a node sends comes back to it', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1', { rules: [signal] });
    node.plane.send('signal/a', 'x');
    await settle(node);
    expect(node.bridge.state().rules[0]).toMatchObject({ toNats: { passed: 1, bytes: 1 }, fromNats: { passed: 0 } });
  });
});

describe('a nats-server that maps subjects', () => {
  const mapped = 'mappings: { "signal.raw.*": "signal.clean.$1", "signal.lost": "elsewhere" }';

  test('gives a mapped message to the node that published it too, with echo: on', async () => {
    await using server = await startNatsServer({ config: mapped });
    const config = { rules: [signal], echo: 'on' };
    await using one = await startNode(server, 'n1', config);
    await using two = await startNode(server, 'n2', config);
    one.plane.send('signal/raw/7', 'x');
    one.plane.send('signal/plain', 'y');
    one.plane.send('signal/lost', 'z');
    await settle(one, two);
    expect(one.plane.published.map(said).sort()).toEqual([
      'signal/clean/7 x',
      'signal/lost z',
      'signal/plain y',
      'signal/raw/7 x',
    ]);
    expect(two.plane.published.map(said).sort()).toEqual(['signal/clean/7 x', 'signal/plain y']);
    for (const { link } of [one, two]) expect(link.telemetry.count('bridge_loop_dropped_total')).toBe(0);
  });

  test('that maps onto subjects of another rule reaches that rule at the publishing node', async () => {
    await using server = await startNatsServer({ config: 'mappings: { "signal.alarm.>": "alarms.>" }' });
    const config = { rules: [signal, { name: 'alarms', topic: 'alarms/#', subject: 'alarms.>' }], echo: 'on' };
    await using node = await startNode(server, 'n1', config);
    node.plane.send('signal/alarm/fire', 'x');
    node.plane.send('alarms/own', 'y');
    await settle(node);
    expect(node.plane.published.map(said)).toEqual(['signal/alarm/fire x', 'alarms/own y', 'alarms/fire x']);
  });
});
