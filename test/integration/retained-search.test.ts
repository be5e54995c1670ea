import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuMs } from '../support/cpu-ms.ts';
import { leastOf } from '../support/least-of.ts';
import { packet, text, u16 } from '../support/packet-bytes.ts';
import { type RawClient, rawClient } from '../support/raw-client.ts';
import { type StoreBroker, startStoreBroker } from '../support/store-broker.ts';

const topics = 10_000;
const clients = 20;
const filtersOfOne = 200;
/** Topics that end alike. */
const alike = 5;
/** Of the processor. */
const mostWaitMs = 250;

const endings = topics / alike;
const topicOf = (number: number): string => `dev-${number}/x${number % endings}`;
const payload = Buffer.from('what is retained');
const retainedBytes = (topic: string): number => packet(0x31, text(topic), payload).length;

async function connected(port: number, clientId: string): Promise<RawClient> {
  const client = await rawClient(port);
  client.write(packet(0x10, text('MQTT'), 4, 2, 0, 0, text(clientId)));
  await client.receive(4);
  return client;
}

async function retain(port: number): Promise<void> {
  await using client = await connected(port, 'retaining');
  const step = 5_000;
  for (let from = 0; from < topics; from += step) {
    const frames = Array.from({ length: step }, (_, index) =>
      packet(0x33, text(topicOf(from + index)), u16(index + 1), payload),
    );
    for (let at = 0; at < step; at += 500) {
      client.write(Buffer.concat(frames.slice(at, at + 500)));
      await client.receive(4 + (from + at + 500) * 4);
    }
  }
}

/** A SUBSCRIBE at QoS 0, and the bytes that answer it: SUBACK, and what is retained. */
function subscribe(filters: readonly string[], found: readonly string[]) {
  const frame = packet(0x82, u16(1), ...filters.flatMap((filter) => [text(filter), 0]));
  const suback = packet(0x90, u16(1), Buffer.alloc(filters.length)).length;
  return { frame, bytes: found.reduce((sum, topic) => sum + retainedBytes(topic), suback) };
}

/** A pair beside it says hello, one message after the other. @returns the longest that one was under way */
async function worstWaitUntil(port: number, done: Promise<unknown>): Promise<number> {
  await using one = await connected(port, 'one');
  await using other = await connected(port, 'other');
  one.write(packet(0x82, u16(1), text('pair'), 0));
  await one.receive(9);
  const message = packet(0x30, text('pair'), Buffer.from('hello'));
  let isDone = false;
  done.then(
    () => (isDone = true),
    () => (isDone = true),
  );
  let worst = 0;
  for (let bytes = 9 + message.length; !isDone; bytes += message.length) {
    const before = cpuMs();
    other.write(message);
    await one.receive(bytes);
    worst = Math.max(worst, cpuMs() - before);
  }
  await done;
  return worst;
}

describe.each(['memory', 'disk'] as const)('searching what is retained in the %s store', (type) => {
  let store: StoreBroker | undefined;
  let port: number;
  beforeAll(async () => {
    store = await startStoreBroker(type);
    ({ port } = store);
    await retain(port);
  });
  afterAll(() => store?.[Symbol.asyncDispose]());

  /** Twenty clients subscribe at once. @returns the CPU time until all have what they asked for, and the worst wait */
  async function search(filters: readonly string[], found: readonly string[]) {
    const { frame, bytes } = subscribe(filters, found);
    const searching = await Promise.all(Array.from({ length: clients }, (_, at) => connected(port, `search-${at}`)));
    const before = cpuMs();
    const all = Promise.all(
      searching.map((client) => {
        client.write(frame);
        return client.receive(4 + bytes);
      }),
    );
    const worstWaitMs = await worstWaitUntil(port, all);
    const cost = cpuMs() - before;
    const surplus = searching.map((client) => client.received().length - 4 - bytes);
    for (const client of searching) await client[Symbol.asyncDispose]();
    return { worstWaitMs, cpuMs: cost, surplus: surplus.filter((more) => more !== 0) };
  }

  async function expectNobodyHeldUp(searching: () => ReturnType<typeof search>, mostCpuMs = Number.POSITIVE_INFINITY) {
    const share = async (): Promise<number> => {
      const result = await searching();
      expect(result.surplus).toEqual([]);
      return Math.max(result.worstWaitMs / mostWaitMs, result.cpuMs / mostCpuMs);
    };
    expect(await leastOf(1, share)).toBeLessThan(1);
  }

  test('4,000 filters with a leading `+` get what matches and hold up nobody [MQTT-3.3.1-9]', async () => {
    const wanted = Array.from({ length: filtersOfOne }, (_, number) => number);
    const found = wanted.flatMap((ending) => Array.from({ length: alike }, (_, at) => topicOf(ending + at * endings)));
    const filters = wanted.map((ending) => `+/x${ending}`);
    await expectNobodyHeldUp(() => search(filters, found));
  });

  test('4,000 filters that match nothing cost little', async () => {
    const filters = Array.from({ length: filtersOfOne }, (_, number) => `+/none-${number}`);
    await expectNobodyHeldUp(() => search(filters, []), 4_000);
  });

  test('twenty clients that get every topic hold up nobody', async () => {
    const found = Array.from({ length: topics }, (_, number) => topicOf(number));
    await expectNobodyHeldUp(() => search(['+/+'], found));
  });
});
