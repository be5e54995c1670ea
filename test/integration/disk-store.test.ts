import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { aedesPersistenceContract } from '../contract/aedes-persistence.contract.ts';
import type { OpenLimitedStore } from '../contract/store/limits.ts';
import { contractLimits, message, type OpenStore, retained } from '../contract/store/support.ts';
import { sessionStoreContract, storeLimitsContract } from '../contract/store.contract.ts';
import { diskStore } from '../support/disk-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const openLimited: OpenLimitedStore = async (limits, deps = {}) => {
  const folder = await temporaryDirectory();
  const store = diskStore(folder.path, limits, deps);
  await store.start(AbortSignal.timeout(10_000));
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store.stop(AbortSignal.timeout(10_000));
      await folder[Symbol.asyncDispose]();
    },
  };
};
const open: OpenStore = (limits = {}, deps = {}) => openLimited(contractLimits(limits), deps);

describe('the disk store signs the contract', () => {
  sessionStoreContract(open);
  storeLimitsContract(openLimited);
});

describe('the disk store reads what is retained', () => {
  test('as it is when it is asked for, though a page was read from the disk before', async () => {
    await using store = await open();
    for (const topic of ['a', 'b', 'c', 'd'])
      await store.keep(message(topic, { retain: true }), [], { isRetained: true });
    const found: string[] = [];
    for await (const page of store.retained('#'))
      for (const { topic, payload } of page) {
        found.push(`${topic} ${String(payload)}`);
        if (topic !== 'a') continue;
        await store.keep(message('b', { retain: true, payload: Buffer.from('new') }), [], { isRetained: true });
        await store.keep(message('c', { retain: true, payload: Buffer.alloc(0) }), [], { isRetained: true });
      }
    expect(found).toEqual(['a x', 'b new', 'd x']);
  });

  test('page by page, thousands of them and sparse ones too', async () => {
    await using store = await open();
    const topics = Array.from({ length: 1_500 }, (_, number) => `${String(number).padStart(4, '0')}/${number % 10}`);
    await Promise.all(topics.map((topic) => store.keep(message(topic, { retain: true }), [], { isRetained: true })));
    expect((await retained(store, '#')).map(({ topic }) => topic)).toEqual(topics);
    expect((await retained(store, '+/7')).map(({ topic }) => topic)).toEqual(
      topics.filter((topic) => topic.endsWith('/7')),
    );
  });

  test('with payloads of every size, of which no two share bytes', async () => {
    await using store = await open();
    const sizes = [1, 100, 3_900, 4_096, 33_000, 66_000, 1_200_000, 10, 300_000, 5];
    const payloads = sizes.map((size, index) => Buffer.alloc(size, index + 1));
    for (const [index, payload] of payloads.entries())
      await store.keep(message(`size/${index}`, { retain: true, payload }), [], { isRetained: true });
    const isWhole: (boolean | undefined)[] = [];
    for await (const page of store.retained('size/#')) {
      const packets = [...page]; // all of them, before the first is looked at
      for (const { payload } of packets) isWhole.push(payloads[isWhole.length]?.equals(Buffer.from(payload)));
    }
    for (const [index, payload] of payloads.entries())
      for await (const page of store.retained(`size/${index}`))
        for (const found of page) isWhole.push(payload.equals(Buffer.from(found.payload)));
    expect(isWhole).toEqual([...payloads, ...payloads].map(() => true));
  });
});

const ownFieldsReason =
  'expects a field back that no message has (the id of its broker); records have the fields of messages';
const ownFields: ReadonlyMap<string, string> = new Map(
  [
    'store and look up retained messages',
    'look up retained messages with a # pattern',
    'look up retained messages with a hello/world/# pattern',
    'look up retained messages with a + pattern',
    'look up retained messages with a + as first element',
    'look up retained messages with +/#',
    'look up retained messages with a + and # pattern with some in between',
    'look up retained messages with multiple patterns',
    'look up retained messages with multiple wildcard patterns',
    'storing twice a retained message should keep only the last',
    'Create a new packet while storing a retained message',
  ].map((name) => [name, ownFieldsReason]),
);

describe('the disk store passes the suite of aedes-persistence', () => {
  const folders: (AsyncDisposable & { readonly path: string })[] = [];
  const unused: (AsyncDisposable & { readonly path: string })[] = [];
  beforeEach(async () => {
    unused.push(await temporaryDirectory(), await temporaryDirectory());
  });
  afterAll(async () => {
    for (const folder of [...folders, ...unused]) await folder[Symbol.asyncDispose]();
  });
  aedesPersistenceContract(() => {
    const folder = unused.pop();
    if (folder === undefined) throw new Error('a case opens more stores than it was given folders');
    folders.push(folder);
    return diskStore(folder.path);
  }, ownFields);
});
