import { generate, type Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { memoryLink } from '../../test/support/memory-link.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Broker } from './broker.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const publish = (topic: string, qos: 0 | 1 | 2, payload: string, retain = false, messageId = 1): Packet => ({
  cmd: 'publish',
  topic,
  payload,
  qos,
  retain,
  dup: false,
  messageId,
});
const goodbye: Packet = { cmd: 'disconnect' };

interface Leaver {
  readonly version: 3 | 4 | 5;
  readonly isClean: boolean;
  readonly clientId?: string;
  readonly hasWill?: boolean;
}

const connectOf = ({ version, isClean, clientId = 'leaver', hasWill = true }: Leaver): Packet => ({
  cmd: 'connect',
  protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
  protocolVersion: version,
  clientId,
  clean: isClean,
  keepalive: 0,
  ...(version === 5 && !isClean ? { properties: { sessionExpiryInterval: 600 } } : {}),
  ...(hasWill ? { will: { topic: 'bye/will', payload: Buffer.from('will'), qos: 1, retain: false } } : {}),
});

/** Everything in one write, then the link is closed. */
function writeAndClose(broker: Broker, leaver: Leaver, ...packets: readonly Packet[]): void {
  const link = memoryLink();
  broker.accept(link);
  const all = [connectOf(leaver), ...packets].map((packet) => generate(packet, { protocolVersion: leaver.version }));
  link.receive(Buffer.concat(all));
  link.destroy('closed by the test');
}

async function listener(broker: Broker): Promise<WireClient> {
  const client = new WireClient(broker, 4);
  await client.connect('listener', true);
  await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'bye/#', qos: 2 }] }, 'suback');
  await client.settle(); // what is retained was looked for
  return client;
}

const payloads = ({ seen }: WireClient): string[] => seen.map(({ payload }) => payload);
const nobody = (broker: Broker): Promise<void> => expect.poll(() => broker.connections(), { interval: 1 }).toBe(1);

const cases = ([3, 4, 5] as const).flatMap((version) =>
  [true, false].map((isClean): [number, string, Leaver] => [
    version,
    isClean ? 'clean' : 'persistent',
    { version, isClean },
  ]),
);

test.each(cases)(
  'MQTT %i, %s session: what was sent before DISCONNECT is handled and the will discarded, though the link is closed [MQTT-3.14.4-3]',
  async (_version, _session, leaver) => {
    const broker = await startMemoryBroker();
    const sub = await listener(broker);
    const five = [1, 2, 3, 4, 5].map((id) => publish('bye/two', 2, `two ${id}`, false, id));
    writeAndClose(
      broker,
      leaver,
      publish('bye/one', 1, 'one', false, 9),
      ...five,
      publish('bye/0', 0, 'zero'),
      goodbye,
    );
    await nobody(broker);
    await sub.settle();
    expect(payloads(sub)).toEqual(['one', 'two 1', 'two 2', 'two 3', 'two 4', 'two 5', 'zero']);
    await broker.stop(signal);
  },
);

test.each(cases)(
  'MQTT %i, %s session: without DISCONNECT the will follows what was sent [3.1.1 MQTT-3.1.2-10]',
  async (_version, _session, leaver) => {
    const broker = await startMemoryBroker();
    const sub = await listener(broker);
    writeAndClose(broker, leaver, publish('bye/one', 1, 'one'), publish('bye/two', 2, 'two', false, 2));
    await nobody(broker);
    await expect.poll(() => payloads(sub), { interval: 1 }).toEqual(['one', 'two', 'will']);
    await broker.stop(signal);
  },
);

test('a subscription and a retained message are kept, and the message queued, though nobody waited for the answers', async () => {
  const broker = await startMemoryBroker();
  const sub = await listener(broker);
  const leaver = { version: 4, isClean: false } as const;
  const subscribe: Packet = { cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: 'bye/own', qos: 1 }] };
  writeAndClose(broker, leaver, subscribe, publish('bye/own', 1, 'kept', true), goodbye);
  await nobody(broker);
  const late = new WireClient(broker, 4);
  await late.connect('late', true);
  await late.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'bye/own', qos: 1 }] }, 'suback');
  await expect.poll(() => payloads(late), { interval: 1 }).toEqual(['kept']);
  const again = new WireClient(broker, 4);
  expect(await again.connect('leaver', false)).toMatchObject({ sessionPresent: true });
  await expect.poll(() => payloads(again), { interval: 1 }).toEqual(['kept']);
  expect(payloads(sub)).toEqual(['kept']);
  await broker.stop(signal);
});

test.each([4, 5] as const)(
  'MQTT %i: nothing after DISCONNECT counts, not even nonsense [MQTT-3.14.4-1]',
  async (version) => {
    const broker = await startMemoryBroker();
    const sub = await listener(broker);
    const link = memoryLink();
    broker.accept(link);
    const packets = [
      connectOf({ version, isClean: true }),
      publish('bye/1', 1, 'before'),
      goodbye,
      publish('bye/1', 1, 'after'),
    ];
    const bytes = packets.map((packet) => generate(packet, { protocolVersion: version }));
    link.receive(Buffer.concat([...bytes, Buffer.from('00ff00', 'hex')]));
    await nobody(broker);
    await sub.settle();
    expect(payloads(sub)).toEqual(['before']);
    expect(link.closed).toBe('ended');
    await broker.stop(signal);
  },
);

test.each([true, false])(
  'what cannot be handled is given up after limits.closeTimeout; a DISCONNECT among it still discards the will (link closed: %s)',
  async (isClosed) => {
    const clock = fakeClock();
    const broker = await startMemoryBroker({ clock, limits: { closeTimeout: '5s' } });
    const sub = await listener(broker);
    broker.gate('bye/stuck', () => new Promise(() => undefined));
    const link = memoryLink();
    broker.accept(link);
    const packets = [
      connectOf({ version: 4, isClean: true }),
      publish('bye/stuck', 2, 'stuck'),
      publish('bye/1', 1, 'x'),
      goodbye,
    ];
    link.receive(Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: 4 }))));
    if (isClosed) link.destroy('closed by the test');
    await sub.settle();
    expect(broker.connections()).toBe(2);
    clock.advance(6_000);
    await nobody(broker);
    await sub.settle();
    expect(payloads(sub)).toEqual([]);
    await broker.stop(signal);
  },
);

test('a client that is gone makes way for the next under its client id, and for the end of the broker, at once', async () => {
  const broker = await startMemoryBroker();
  const sub = await listener(broker);
  broker.gate('bye/stuck', () => new Promise(() => undefined));
  const leaver = { version: 4, isClean: true, hasWill: false } as const;
  writeAndClose(broker, leaver, publish('bye/stuck', 1, 'stuck'), goodbye);
  await sub.settle();
  const next = new WireClient(broker, 4);
  await next.connect('leaver', true);
  expect(broker.connections()).toBe(2);
  writeAndClose(broker, { ...leaver, clientId: 'other' }, publish('bye/stuck', 1, 'stuck'), goodbye);
  await sub.settle();
  expect(broker.connections()).toBe(3);
  await broker.disconnectAll();
  expect(broker.connections()).toBe(0);
  await broker.stop(signal);
});

test('a client that may not connect is refused, though it is gone when that is known', async () => {
  const authenticator = { authenticate: () => ({ kind: 'reject', reason: 'no' }) as const };
  const broker = await startMemoryBroker({ authenticator });
  writeAndClose(broker, { version: 4, isClean: true }, publish('bye/1', 1, 'x'), goodbye);
  await expect.poll(() => broker.connections(), { interval: 1 }).toBe(0);
  await broker.stop(signal);
});
