import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { type MemoryLink, memoryLink } from '../../test/support/memory-link.ts';
import { disconnectFor } from '../mqtt/answer.ts';
import { refuse } from '../mqtt/refusal.ts';
import type { Message } from '../plane/message.ts';
import type { Broker } from './broker.ts';
import { limitsSchema } from './schema.ts';
import { toldReason } from './told-reasons.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
const { outboundBuffer } = limitsSchema.parse({});
let broker: Broker;

const start = async (hotPath: 'on' | 'off'): Promise<void> => {
  broker = await startMemoryBroker({ hotPath, limits: { inboundBuffer: '64KiB' } });
};

/** Waits until the link carried exactly these bytes, given as hex, and forgets them. */
const expectSent = async (link: MemoryLink, hex: string): Promise<void> => {
  const expected = bytes(hex);
  await expect.poll(() => link.sent().toString('hex'), { interval: 1 }).toBe(expected.toString('hex'));
  link.forget();
};

const open = async (connect: string, connack: string): Promise<MemoryLink> => {
  const link = memoryLink();
  broker.accept(link);
  link.receive(bytes(connect));
  await expectSent(link, connack);
  return link;
};

/** MQTT 3.1.1, clean session, no keep alive. */
const openV4 = (id: string): Promise<MemoryLink> =>
  open(`10 0d 00 04 4d515454 04 02 0000 0001 ${Buffer.from(id).toString('hex')}`, '20020000');

const connackV5 = '20 0e 00 00 0b 21 04 00 27 00 10 00 00 22 00 20';

describe.each(['on', 'off'] as const)('with the hot path %s', (hotPath) => {
  beforeEach(() => start(hotPath));
  afterEach(() => broker.stop(AbortSignal.timeout(1_000)));

  describe('delivery by the plane', () => {
    test('a client with overlapping filters gets a message once, at the highest QoS (MQTT-3.3.4-2)', async () => {
      const subscriber = await openV4('s');
      subscriber.receive(bytes('82 0e 0001 0003 612f62 00 0003 612f23 01'));
      await expectSent(subscriber, '90 04 0001 00 01');
      const publisher = await openV4('p');
      publisher.receive(bytes('32 08 0003 612f62 0009 78'));
      await expectSent(publisher, '40 02 0009');
      await expect.poll(() => subscriber.sent().length, { interval: 1 }).toBe(10);
      const frame = subscriber.sent();
      expect(frame[0]).toBe(0x32);
      expect(frame.subarray(2, 7)).toEqual(bytes('0003 612f62'));
      expect(frame.subarray(9)).toEqual(bytes('78'));
    });

    test('a wildcard filter never sees $ topics, and nobody publishes to $SYS (MQTT-4.7.2-1)', async () => {
      const subscriber = await openV4('s');
      subscriber.receive(bytes('82 06 0001 0001 23 00'));
      await expectSent(subscriber, '90 03 0001 00');
      const publisher = await openV4('p');
      publisher.receive(bytes('30 05 0002 2461 78 30 04 0001 61 79'));
      await expectSent(subscriber, '30 04 0001 61 79');
      publisher.receive(bytes('30 08 0006 24535953 2f78'));
      await expect.poll(() => publisher.closed, { interval: 1 }).toBe('ended');
      expect(subscriber.sent()).toHaveLength(0);
    });

    test('a SUBSCRIBE does not see the PUBLISH sent before it in the same segment', async () => {
      const client = await openV4('s');
      client.receive(bytes('30 04 0001 61 31  82 06 0001 0001 61 00  30 04 0001 61 32'));
      await expectSent(client, '90 03 0001 00 30 04 0001 61 32');
    });

    test('User Properties keep their order and repetition on the way through (MQTT-3.3.2-18)', async () => {
      const subscriber = await open('10 0e 0004 4d515454 05 02 0000 00 0001 73', connackV5);
      subscriber.receive(bytes('82 07 0001 00 0001 61 00'));
      await expectSent(subscriber, '90 04 0001 00 00');
      const publisher = await open('10 0e 0004 4d515454 05 02 0000 00 0001 70', connackV5);
      const properties = '26 0001 32 0001 61  26 0001 31 0001 62  26 0001 32 0001 63';
      publisher.receive(bytes(`30 1a 0001 61 15 ${properties} 78`));
      await expectSent(subscriber, `30 1a 0001 61 15 ${properties} 78`);
    });

    test('a retained message reaches a new wildcard subscription at the QoS granted (MQTT-3.8.4-8)', async () => {
      const publisher = await openV4('p');
      publisher.receive(bytes('33 06 0001 61 0001 78'));
      await expectSent(publisher, '40 02 0001');
      const subscriber = await openV4('s');
      subscriber.receive(bytes('82 06 0001 0001 23 00'));
      await expectSent(subscriber, '90 03 0001 00 31 04 0001 61 78');
    });
  });

  describe('persistent sessions', () => {
    const openPersistent = (connack: string): Promise<MemoryLink> =>
      open('10 0d 0004 4d515454 04 00 0000 0001 73', connack);

    test('what came while the client was away is sent in order, before anything newer (MQTT-4.6.0-6)', async () => {
      const first = await openPersistent('20020000');
      first.receive(bytes('82 06 0001 0001 61 01'));
      await expectSent(first, '90 03 0001 01');
      first.destroy('gone');
      const publisher = await openV4('p');
      for (const [index, digit] of ['31', '32', '33'].entries()) {
        publisher.receive(bytes(`32 06 0001 61 000${index + 1} ${digit}`));
        await expectSent(publisher, `40 02 000${index + 1}`);
      }
      const second = memoryLink();
      broker.accept(second);
      second.receive(bytes('10 0d 0004 4d515454 04 00 0000 0001 73'));
      publisher.receive(bytes('32 06 0001 61 0004 34'));
      await expect.poll(() => second.sent().length, { interval: 1 }).toBe(4 + 4 * 8);
      expect(second.sent().subarray(0, 4)).toEqual(bytes('20 02 01 00'));
      const payloads = [...Array(4).keys()].map((index) => second.sent()[4 + index * 8 + 7]);
      expect(payloads).toEqual([0x31, 0x32, 0x33, 0x34]);
    });
  });

  describe('the port of bridges', () => {
    test('a tap sees what clients publish, with its origin; what it publishes reaches clients', async () => {
      const seen: Message[] = [];
      const untap = broker.tap('a/#', (message) => seen.push(message));
      const client = await openV4('c');
      client.receive(bytes('82 08 0001 0003 612f62 01'));
      await expectSent(client, '90 03 0001 01');
      client.receive(bytes('30 05 0003 612f78'));
      await expect.poll(() => seen.length, { interval: 1 }).toBe(1);
      expect(seen[0]).toMatchObject({ topic: 'a/x', qos: 0, origin: { kind: 'client', clientId: 'c' } });
      untap();

      const origin = { kind: 'bridge', link: 'nats', brokers: ['other'] } as const;
      const echoed: Message[] = [];
      broker.tap('a/#', (message) => echoed.push(message));
      await broker.publish({ topic: 'a/b', payload: Buffer.from('hi'), qos: 1, retain: false, origin });
      await expect.poll(() => client.sent().length, { interval: 1 }).toBe(11);
      expect(echoed[0]?.origin).toEqual(origin);
    });

    test('a will is published without its delay when the link breaks (MQTT-3.1.2-8)', async () => {
      const seen: Message[] = [];
      broker.tap('w', (message) => seen.push(message));
      const client = await open(
        '10 1c 0004 4d515454 05 06 0000 00 0001 77 05 18 00000000 0001 77 0003 627965',
        connackV5,
      );
      client.destroy('broken');
      await expect.poll(() => seen.length, { interval: 1 }).toBe(1);
      expect(seen[0]?.payload.toString()).toBe('bye');
      expect(seen[0]?.properties).toBeUndefined();
    });
  });

  describe('limits', () => {
    test('reading pauses while the engine is behind, and goes on afterwards', async () => {
      const client = await openV4('c');
      const flood = Buffer.concat(Array.from({ length: 20_000 }, () => bytes('31 03 0001 61')));
      client.receive(flood);
      client.receive(flood); // comes while the first waits for its turn
      expect(client.isPaused).toBe(true);
      await expect.poll(() => client.isPaused, { interval: 5 }).toBe(false);
      client.destroy('done');
    });

    test('a client that does not read loses QoS 0 messages at half of limits.outboundBuffer, and its connection beyond', async () => {
      const client = await openV4('c');
      client.receive(bytes('82 06 0001 0001 61 01'));
      await expectSent(client, '90 03 0001 01');
      const publish = (qos: 0 | 1) =>
        broker.publish({ topic: 'a', payload: Buffer.from('x'), qos, retain: false, origin: { kind: 'broker' } });
      client.setBufferedBytes(outboundBuffer / 2 + 1);
      await publish(0);
      await publish(1);
      await expect.poll(() => client.sent().length, { interval: 1 }).toBe(8);
      expect(client.sent()[0]).toBe(0x32);
      client.setBufferedBytes(outboundBuffer + 1);
      await publish(1);
      await expect.poll(() => client.closed, { interval: 1 }).toMatch(/does not read/);
    });

    test('stopping disconnects everybody; MQTT 5 clients hear 0x8B (MQTT-4.13.2)', async () => {
      const five = await open('10 0e 0004 4d515454 05 02 0000 00 0001 73', connackV5);
      five.receive(bytes('c000'));
      await expectSent(five, 'd000');
      const waiting = memoryLink();
      broker.accept(waiting);
      await broker.disconnectAll();
      const told = disconnectFor(refuse(0x8b, '4.13.2', toldReason(0x8b)), true).toString('hex');
      await expect.poll(() => five.sent().toString('hex'), { interval: 1 }).toBe(told);
      expect(five.closed).toBe('ended');
      expect(waiting.closed).toMatch(/shuts down/);
      expect(broker.connections()).toBe(0);
    });
  });
});

test('a message of a bridge whose topic is longer than limits.topicLength is refused, retained or not', async () => {
  const broker = await startMemoryBroker({ limits: { topicLength: '64B' } });
  const publish = (length: number, retain: boolean): Promise<void> =>
    broker.publish({
      topic: 'x'.repeat(length),
      payload: Buffer.from('x'),
      qos: 0,
      retain,
      origin: { kind: 'bridge', link: 'nats', brokers: [] },
    });
  await publish(64, false);
  await expect(publish(65, false)).rejects.toThrow(/65 bytes is too long; limits.topicLength allows 64/);
  await expect(publish(65, true)).rejects.toThrow(/limits.topicLength/);
});
