import type { ISubackPacket } from 'mqtt-packet';
import { afterEach, describe, expect, test } from 'vitest';
import { memoryStore, startMemoryBroker } from '../../test/support/memory-broker.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { publishPacket as publish, WireClient } from '../../test/support/wire-client.ts';
import type { AccessVerdict, OutsideVerdict } from './access-verdict.ts';
import type { Broker } from './broker.ts';
import type { Authorizer } from './ports.ts';
import type { Store } from './store-port.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs

type Says = 'yes' | 'no' | 'unknown';
interface Open {
  readonly what: string;
  answer(says: Says): void;
}

/** Asks the test about all topics but those that begin with `rule/`, which are allowed at once. */
function outside() {
  const open: Open[] = [];
  /** What is remembered. */
  const known = new Map<string, Says>();
  const state = { generation: 0 };
  const verdictOf = (what: string, says: Says): OutsideVerdict => ({
    denial: says === 'yes' ? undefined : { reason: `${what}: ${says}`, isTemporary: says === 'unknown' },
    counts: () => known.get(what) === says,
  });
  const judge = (what: string, topic: string): AccessVerdict => {
    if (topic.startsWith('rule/')) return undefined;
    return () => {
      const before = known.get(what);
      if (before !== undefined) return verdictOf(what, before);
      return new Promise((resolve) => open.push({ what, answer: (says) => resolve(verdictOf(what, says)) }));
    };
  };
  const authorizer: Authorizer = {
    get generation() {
      return state.generation;
    },
    publish: ({ clientId }, { topic }) => judge(`${clientId} publish ${topic}`, topic),
    subscribe: ({ clientId }, filter) => judge(`${clientId} subscribe ${filter}`, filter),
  };
  /** Answers the next question, which comes some time. */
  const answer = async (what: string, says: Says): Promise<void> => {
    await expect.poll(() => open.map((one) => one.what), { interval: 1 }).toContain(what);
    open
      .splice(
        open.findIndex((one) => one.what === what),
        1,
      )[0]
      ?.answer(says);
  };
  return { authorizer, open, known, answer, change: () => void (state.generation += 1) };
}

const brokers: Broker[] = [];
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.stop(signal);
});
async function start(store: Store = memoryStore()) {
  const told = outside();
  const telemetry = recordedTelemetry();
  const broker = await startMemoryBroker({ authorizer: told.authorizer, store, telemetry });
  brokers.push(broker);
  const connect = async (clientId: string, version: 4 | 5 = 5, isClean = true): Promise<WireClient> => {
    const client = new WireClient(broker, version);
    await client.connect(clientId, isClean);
    return client;
  };
  const reader = await connect('reader');
  const heard = subscribe(reader, '#');
  await told.answer('reader subscribe #', 'yes');
  await heard;
  return { ...told, broker, telemetry, connect, reader };
}

async function subscribe(client: WireClient, ...topics: string[]): Promise<readonly unknown[]> {
  const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
  return ((await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions }, 'suback')) as ISubackPacket).granted;
}
const topicsOf = (client: WireClient): string[] => client.seen.map(({ topic }) => topic);

describe.each([true, false])('a PUBLISH that somebody outside is asked about (clean session: %s)', (isClean) => {
  test.each([0, 1, 2] as const)(
    'at QoS %i waits for the answer, and what comes behind it waits with it [MQTT-4.6.0-5] [MQTT-4.6.0-6]',
    async (qos) => {
      const { connect, answer, reader, open } = await start();
      const client = await connect('p', 5, isClean);
      client.send(publish('a', qos, 1));
      client.send(publish('rule/b', 1, 2));
      const all = client.settle();
      await expect.poll(() => open.length, { interval: 1 }).toBe(1);
      expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack']);
      await answer('p publish a', 'yes');
      await all;
      await reader.settle();
      expect(topicsOf(reader)).toEqual(['a', 'rule/b']);
      expect(open).toEqual([]);
      const answers = client.received.filter((packet) => packet.messageId === 1).map(({ cmd }) => cmd);
      expect(answers).toEqual([[], ['puback'], ['pubrec', 'pubcomp']][qos]);
    },
  );

  test('hears 0x87 where it is denied and 0x83 where nobody can say, and reaches nobody', async () => {
    const { connect, answer, reader, telemetry } = await start();
    const client = await connect('p', 5, isClean);
    for (const [says, reasonCode] of [
      ['no', 0x87],
      ['unknown', 0x83],
    ] as const)
      for (const [qos, cmd] of [
        [1, 'puback'],
        [2, 'pubrec'],
      ] as const) {
        const asked = client.ask(publish('a', qos, 7), cmd);
        await answer('p publish a', says);
        expect(await asked).toMatchObject({ reasonCode });
      }
    client.send(publish('a', 0, 0));
    await answer('p publish a', 'unknown');
    await client.settle();
    await reader.settle();
    expect(reader.seen).toEqual([]);
    expect(telemetry.count('access_denied_total', { action: 'publish' })).toBe(5);
  });
});

test('before MQTT 5 a message that nobody can say anything of ends the connection, to be sent again; at QoS 0 it is dropped', async () => {
  const { connect, answer } = await start();
  const client = await connect('p', 4);
  client.send(publish('a', 0, 0));
  await answer('p publish a', 'unknown');
  await client.settle();
  client.send(publish('a', 1, 1));
  await answer('p publish a', 'unknown');
  await expect.poll(() => client.closed, { interval: 1 }).toBe('ended');
});

test('what is remembered is not asked, and what counts no longer is asked again', async () => {
  const { connect, answer, known, open } = await start();
  const client = await connect('p');
  known.set('p publish a', 'yes');
  for (let id = 1; id <= 3; id += 1)
    expect(await client.ask(publish('a', 1, id), 'puback')).toMatchObject({ reasonCode: 0 });
  expect(open).toEqual([]);
  known.delete('p publish a');
  const asked = client.ask(publish('a', 1, 4), 'puback');
  await answer('p publish a', 'no');
  expect(await asked).toMatchObject({ reasonCode: 0x87 });
});

test('an answer that came after the rules have changed is none: it is asked under the new ones', async () => {
  const { connect, answer, change, open } = await start();
  const client = await connect('p');
  const asked = client.ask(publish('a', 1, 1), 'puback');
  await expect.poll(() => open.length, { interval: 1 }).toBe(1);
  change();
  await answer('p publish a', 'yes');
  await answer('p publish a', 'no');
  expect(await asked).toMatchObject({ reasonCode: 0x87 });
});

test('a client that is gone before the answer ends when all is handled that it sent', async () => {
  const { connect, answer, reader, broker, open } = await start();
  const client = await connect('p');
  client.send(publish('a', 1, 1));
  client.send(publish('rule/b', 1, 2));
  await expect.poll(() => open.length, { interval: 1 }).toBe(1);
  client.close();
  await reader.settle();
  expect(broker.connections()).toBe(2);
  await answer('p publish a', 'yes');
  await expect.poll(() => broker.connections(), { interval: 1 }).toBe(1);
  await reader.settle();
  expect(topicsOf(reader)).toEqual(['a', 'rule/b']);
});

test('SUBSCRIBE is answered when all its questions are: 0x87, 0x83, and 0x80 before MQTT 5 [MQTT-3.9.3-1]', async () => {
  const { connect, answer } = await start();
  for (const [version, codes] of [
    [5, [1, 0x87, 0x83, 1]],
    [4, [1, 0x80, 0x80, 1]],
  ] as const) {
    const client = await connect('s', version);
    const granted = subscribe(client, 'a', 'b/#', '$share/g/c', 'rule/d');
    await answer('s subscribe $share/g/c', 'unknown');
    await answer('s subscribe b/#', 'no');
    await answer('s subscribe a', 'yes');
    expect(await granted).toEqual(codes);
  }
});

test('no more than eight questions about the filters of one client are under way', async () => {
  const { connect, open } = await start();
  const client = await connect('s');
  const granted = subscribe(client, ...Array.from({ length: 20 }, (_, index) => `f/${index}`));
  for (const count of [8, 8, 4]) {
    await expect.poll(() => open.length, { interval: 1 }).toBe(count);
    for (const one of open.splice(0)) one.answer('yes');
  }
  expect(await granted).toEqual(Array(20).fill(1));
});

describe('a session that comes back', () => {
  /** It subscribed to `a/#` and `b/#`, and both have something in its queue. */
  async function away() {
    const world = await start();
    const client = await world.connect('s', 5, false);
    const granted = subscribe(client, 'a/#', 'b/#', '$share/g/c');
    for (const filter of ['a/#', 'b/#', '$share/g/c']) await world.answer(`s subscribe ${filter}`, 'yes');
    expect(await granted).toEqual([1, 1, 1]);
    client.close();
    await expect.poll(() => world.broker.connections(), { interval: 1 }).toBe(1);
    const publisher = await world.connect('p');
    for (const [index, topic] of ['a/x', 'b/x', 'c'].entries()) {
      world.known.set(`p publish ${topic}`, 'yes');
      await publisher.ask(publish(topic, 1, index + 1), 'puback');
    }
    const back = async (says: Readonly<Record<string, Says>>): Promise<WireClient> => {
      const next = new WireClient(world.broker, 5);
      const connected = next.connect('s', false);
      for (const [filter, say] of Object.entries(says)) await world.answer(`s subscribe ${filter}`, say);
      expect(await connected).toMatchObject({ sessionPresent: true });
      return next;
    };
    return { ...world, back };
  }

  test('keeps what nobody can say anything of, and gets what is queued for it', async () => {
    const { back } = await away();
    const client = await back({ 'a/#': 'unknown', 'b/#': 'unknown', '$share/g/c': 'unknown' });
    await expect.poll(() => topicsOf(client), { interval: 1 }).toEqual(['a/x', 'b/x', 'c']);
  });

  test('loses what is denied now, and what is queued for that', async () => {
    const { back } = await away();
    const client = await back({ 'a/#': 'no', 'b/#': 'yes', '$share/g/c': 'no' });
    await expect.poll(() => topicsOf(client), { interval: 1 }).toEqual(['b/x']);
    await client.settle();
    expect(topicsOf(client)).toEqual(['b/x']);
  });
});

test('when the rules change subscriptions are asked about again; what nobody can say anything of stays', async () => {
  const { connect, answer, change, broker } = await start();
  const client = await connect('s');
  const granted = subscribe(client, 'a', 'b');
  for (const filter of ['a', 'b']) await answer(`s subscribe ${filter}`, 'yes');
  await granted;
  change();
  const done = broker.reconsider();
  await answer('reader subscribe #', 'unknown');
  await answer('s subscribe a', 'no');
  await answer('s subscribe b', 'unknown');
  await done;
  const publisher = await connect('p');
  for (const topic of ['a', 'b', 'rule/c']) {
    const asked = publisher.ask(publish(topic, 1, 1), 'puback');
    if (topic !== 'rule/c') await answer(`p publish ${topic}`, 'yes');
    await asked;
  }
  await client.settle();
  expect(topicsOf(client)).toEqual(['b']);
});

test('while the rules are the same nobody is asked again, whatever else is looked at anew', async () => {
  const { connect, answer, broker, open } = await start();
  const client = await connect('s');
  const granted = subscribe(client, 'a');
  await answer('s subscribe a', 'yes');
  await granted;
  await broker.reconsider(); // as when somebody is banned
  expect(open).toEqual([]);
});

describe('a will', () => {
  const will = { topic: 'w', payload: Buffer.from('w'), qos: 1, retain: false } as const;

  test.each([
    ['no', 0x87, 5],
    ['unknown', 0x88, 3],
  ] as const)('is asked about at CONNECT; %s refuses the client, before it takes over', async (says, of5, before5) => {
    const { broker, connect, answer } = await start();
    const before = await connect('c');
    const five = new WireClient(broker, 5).connect('c', true, { will });
    await answer('c publish w', says);
    expect(await five).toMatchObject({ reasonCode: of5 });
    const four = new WireClient(broker, 4).connect('c', true, { will });
    await answer('c publish w', says);
    expect(await four).toMatchObject({ returnCode: before5 });
    expect(before.closed).toBeUndefined();
  });

  test.each([
    ['yes', ['w']],
    ['unknown', ['w']],
    ['no', []],
  ] as const)('is asked about again when it is sent: %s', async (says, topics) => {
    const { broker, answer, reader } = await start();
    const client = new WireClient(broker, 5);
    const connected = client.connect('c', true, { will });
    await answer('c publish w', 'yes');
    await connected;
    client.close();
    await answer('c publish w', says);
    await reader.settle();
    await reader.settle();
    expect(topicsOf(reader)).toEqual(topics);
  });
});
