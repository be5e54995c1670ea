import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDiskOutbox, type OutboxOptions } from '../../src/storage/outbox/disk-outbox.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { recordedTelemetry } from '../support/recorded-telemetry.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const roomy: OutboxOptions['limits'] = { messages: 1_000, bytes: 1_048_576, age: 60_000, onFull: 'refuse' };
const anyTime = () => AbortSignal.timeout(10_000);

const message = (payload: string) => ({
  subject: 'a.b',
  headers: [['Mqtt-Qos', '1']] as const,
  payload: Buffer.from(payload),
});

/** An outbox in a folder that stays when it is opened again. */
async function opened(limits: Partial<OutboxOptions['limits']> = {}) {
  const folder = await temporaryDirectory();
  const directory = join(folder.path, 'outbox');
  const clock = fakeClock(1_000_000);
  const telemetry = recordedTelemetry();
  const dropped: string[] = [];
  const open = async () => {
    const outbox = createDiskOutbox(
      { directory, durability: 'commit', limits: { ...roomy, ...limits } },
      { clock, events: telemetry.events, onDropped: (rule, reason) => void dropped.push(`${rule} ${reason}`) },
    );
    await outbox.open(['one', 'two']);
    return outbox;
  };
  let outbox = await open();
  return {
    directory,
    clock,
    telemetry,
    dropped,
    get outbox() {
      return outbox;
    },
    async reopen() {
      await outbox.stop(anyTime());
      outbox = await open();
    },
    payloads: (rule = 'one') => outbox.read(rule, 1_000).map(({ payload }) => Buffer.from(payload).toString()),
    async append(rule: string, ...payloads: string[]) {
      await Promise.all(payloads.map((payload) => outbox.append(rule, message(payload))));
    },
    async [Symbol.asyncDispose]() {
      await outbox.stop(anyTime());
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('messages of a rule come back in order with everything they had, also after it was opened again', async () => {
  await using box = await opened();
  await box.append('one', 'a', 'b', 'c');
  await box.append('two', 'x');
  const before = box.outbox.size('one');
  await box.reopen();
  expect(box.outbox.size('one')).toEqual(before);
  expect(box.payloads()).toEqual(['a', 'b', 'c']);
  expect(box.payloads('two')).toEqual(['x']);
  expect(box.outbox.read('one', 1)).toEqual([{ ...message('a'), number: 0, atMs: 1_000_000 }]);
});

test('what was removed stays away, and numbers go on', async () => {
  await using box = await opened();
  await box.append('one', 'a', 'b', 'c');
  const [, second] = box.outbox.read('one', 2);
  box.outbox.remove('one', second?.number ?? -1);
  await box.append('one', 'd');
  await box.reopen();
  await box.append('one', 'e');
  expect(box.outbox.read('one', 9).map(({ number }) => number)).toEqual([2, 3, 4]);
  expect(box.payloads()).toEqual(['c', 'd', 'e']);
  box.outbox.remove('one', 4);
  expect(box.outbox.size('one')).toEqual({ messages: 0, bytes: 0 });
});

test('any subject, headers and payload come back as they were', async () => {
  await using box = await opened();
  const any = fc.record({
    subject: fc.string({ unit: 'binary' }),
    headers: fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))),
    payload: fc.uint8Array({ maxLength: 5_000 }),
  });
  await fc.assert(
    fc.asyncProperty(any, async (given) => {
      await box.outbox.append('one', given);
      const [found] = box.outbox.read('one', 1);
      expect(found).toMatchObject({ ...given, payload: Buffer.from(given.payload) });
      box.outbox.remove('one', found?.number ?? -1);
    }),
    { numRuns: 50 },
  );
});

test('full with refuse: the message is not taken, and those that stand there stay', async () => {
  await using box = await opened({ messages: 2 });
  await box.append('one', 'a', 'b');
  await expect(box.append('one', 'c')).rejects.toMatchObject({ code: 'nats-unacknowledged' });
  await box.append('two', 'x');
  expect(box.payloads()).toEqual(['a', 'b']);
});

test('full with drop-newest: the message is left out and reported', async () => {
  await using box = await opened({ messages: 2, onFull: 'drop-newest' });
  await box.append('one', 'a', 'b', 'c');
  expect(box.payloads()).toEqual(['a', 'b']);
  expect(box.dropped).toEqual(['one drop-newest']);
});

test('full with drop-oldest: the oldest make room and are reported', async () => {
  await using box = await opened({ messages: 2, onFull: 'drop-oldest' });
  await box.append('one', 'a', 'b', 'c', 'd');
  await box.reopen();
  expect(box.payloads()).toEqual(['c', 'd']);
  expect(box.dropped).toEqual(['one drop-oldest', 'one drop-oldest']);
});

test('the limit of bytes counts too, and a message larger than it is refused by every policy', async () => {
  await using box = await opened({ bytes: 1_024, onFull: 'drop-oldest' });
  await box.append('one', 'a'.repeat(600));
  await box.append('one', 'b'.repeat(600));
  expect(box.payloads()).toEqual(['b'.repeat(600)]);
  await expect(box.append('one', 'c'.repeat(1_025))).rejects.toMatchObject({ code: 'nats-unacknowledged' });
  expect(box.payloads()).toEqual(['b'.repeat(600)]);
});

test('what waited longer than the age is dropped, and makes room', async () => {
  await using box = await opened({ messages: 2, age: 5_000 });
  await box.append('one', 'a');
  box.clock.advance(3_000);
  await box.append('one', 'b');
  box.clock.advance(3_000);
  expect(box.payloads()).toEqual(['b']);
  expect(box.dropped).toEqual(['one too-old']);
  await box.append('one', 'c');
  expect(box.payloads()).toEqual(['b', 'c']);
});

test('messages of a rule that does not exist any more are told at the start', async () => {
  await using box = await opened();
  await box.append('gone', 'a', 'b');
  await box.reopen();
  expect(box.telemetry.count('outbox_left_total')).toBe(1);
});

test('a second process, or the same one twice, cannot have it', async () => {
  await using box = await opened();
  const second = createDiskOutbox(
    { directory: box.directory, durability: 'commit', limits: roomy },
    { clock: box.clock, events: box.telemetry.events, onDropped: () => undefined },
  );
  await expect(second.open([])).rejects.toMatchObject({ code: 'store-in-use' });
});

test('a file that was cut off is refused at the start instead of being read', async () => {
  await using box = await opened();
  await box.append('one', ...Array.from({ length: 200 }, () => 'x'.repeat(2_000)));
  await box.outbox.stop(anyTime());
  await truncate(join(box.directory, 'data.mdb'), 20_480);
  await expect(box.outbox.open([])).rejects.toMatchObject({ code: 'store-damaged' });
});

test('closed, it refuses', async () => {
  await using box = await opened();
  await box.outbox.stop(anyTime());
  await expect(box.append('one', 'a')).rejects.toMatchObject({ code: 'store-unavailable' });
});
