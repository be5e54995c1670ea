import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuMs } from '../support/cpu-ms.ts';
import { chunkOf, connected, flood } from '../support/flood.ts';
import { leastOf } from '../support/least-of.ts';
import { packet, text, u16 } from '../support/packet-bytes.ts';
import { type StoreBroker, startStoreBroker } from '../support/store-broker.ts';
import { watchTurns } from '../support/watch-turns.ts';

const connections = 20;
const rounds = 20;
/** Of the processor. */
const [mostWaitMs, mostTurnMs] = [250, 150];

const publish = (first: number, topic: string) => (id: number) =>
  packet(first, text(topic), ...((first & 6) === 0 ? [] : [u16(id)]), Buffer.from('x'));
const acknowledgement = (first: number) => (id: number) => packet(first, u16(id));
const then = (one: (id: number) => Buffer, next: (id: number) => Buffer) => (id: number) =>
  Buffer.concat([one(id), next(id)]);

/** Every packet that a client may send after CONNECT, on every way that it may take. */
const floods: readonly (readonly [name: string, make: (id: number) => Buffer])[] = [
  ['PINGREQ', () => packet(0xc0)],
  ['PUBLISH at QoS 0 that nobody gets', publish(0x30, 'n')],
  ['PUBLISH at QoS 0 to one client', publish(0x30, 'flood')],
  ['PUBLISH at QoS 0 that is retained', publish(0x31, 'r')],
  ['PUBLISH at QoS 0 on a topic of the broker', publish(0x30, '$SYS/x')],
  ['PUBLISH at QoS 1 that nobody gets', publish(0x32, 'n')],
  ['PUBLISH at QoS 1 for a session that is away', publish(0x32, 'away')],
  ['PUBLISH at QoS 1 that is retained', publish(0x33, 'r')],
  ['PUBLISH at QoS 2 and its PUBREL', then(publish(0x34, 'n'), acknowledgement(0x62))],
  ['PUBLISH at QoS 2 again and again', publish(0x3c, 'n')],
  ['PUBREL of nothing', acknowledgement(0x62)],
  ['PUBACK of nothing', acknowledgement(0x40)],
  ['PUBREC of nothing', acknowledgement(0x50)],
  ['PUBCOMP of nothing', acknowledgement(0x70)],
  ['SUBSCRIBE to the same filter', (id) => packet(0x82, u16(id), text('s'), 0)],
  ['UNSUBSCRIBE from nothing', (id) => packet(0xa2, u16(id), text('u'))],
];

describe.each(['memory', 'disk'] as const)('%s store', (type) => {
  let store: StoreBroker | undefined;
  let port: number;
  beforeAll(async () => {
    store = await startStoreBroker(type);
    ({ port } = store);
    await using away = await connected(port, 'away', 0);
    away.write(packet(0x82, u16(1), text('away'), 1));
    await away.receive(9);
  });
  afterAll(() => store?.[Symbol.asyncDispose]());

  /** @returns how long a pair waited and a turn took, of what is allowed */
  async function holdUp(chunk: Buffer): Promise<number> {
    await using one = await connected(port, 'one');
    await using other = await connected(port, 'other');
    one.write(packet(0x82, u16(1), text('pair'), 0));
    await one.receive(9);
    const clients = await Promise.all(
      Array.from({ length: connections }, (_, index) => flood(port, `flood-${index}`, chunk)),
    );
    const turns = watchTurns();
    const message = packet(0x30, text('pair'), Buffer.from('hello'));
    const waits: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const before = cpuMs();
      other.write(message);
      await one.receive(9 + round * message.length);
      waits.push(cpuMs() - before);
    }
    turns.stop();
    for (const { stop } of clients) stop();
    return Math.max(Math.max(...waits) / mostWaitMs, turns.worstMs() / mostTurnMs);
  }

  test.each(floods)('%s, from 20 clients as fast as they can, holds up nobody', async (_name, make) => {
    const chunk = chunkOf(make);
    expect(await leastOf(1, () => holdUp(chunk))).toBeLessThan(1);
  });
});
