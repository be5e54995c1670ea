import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Store, StoredMessage } from '../../src/broker/store-port.ts';
import { Environment } from '../../src/storage/disk/files/environment.ts';
import { ownerKey } from '../../src/storage/disk/files/keys.ts';
import { checkStore } from '../../src/storage/disk/offline/check.ts';
import { exportLines } from '../../src/storage/disk/offline/export.ts';
import { importStore } from '../../src/storage/disk/offline/import.ts';
import { openOffline } from '../../src/storage/disk/offline/open-offline.ts';
import { offlineStats } from '../../src/storage/disk/offline/stats.ts';
import { encodeSize } from '../../src/storage/disk/queues/owners.ts';
import { message, openExchange, topicFilters, topicNames } from '../contract/store/support.ts';
import { diskStore } from '../support/disk-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const clientId = fc.constantFrom('alice', 'bob', '', 'ä'.repeat(400));
const qos = fc.constantFrom(0, 1, 2);
const shareName = fc.option(fc.constantFrom('g', 'ä'), { nil: undefined });
const packetId = fc.integer({ min: 1, max: 4 });
const userPropertyList = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 2 });
const properties = fc.record(
  { contentType: fc.string(), correlationData: fc.uint8Array({ maxLength: 5 }), userPropertyList },
  { requiredKeys: [] },
);
const packet = fc
  .record({
    topic: topicNames.filter((topic) => topic !== ''),
    payload: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ minLength: 1 }),
    ),
    qos,
    retain: fc.boolean(),
    rest: fc.record(
      { clientId: fc.string(), properties, expiresAt: fc.integer({ min: 2 ** 42, max: 2 ** 43 }) },
      { requiredKeys: [] },
    ),
  })
  .map(({ topic, rest, ...fields }) => ({ topic, changes: { ...fields, ...rest } as Partial<StoredMessage> }));

/** One thing that happens to a store. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('session' as const), clientId, isAway: fc.boolean(), expirySeconds: fc.nat() }),
  fc.record({
    kind: fc.constant('subscribe' as const),
    clientId,
    filter: topicFilters.filter((filter) => filter !== ''),
    options: fc.record(
      {
        qos,
        retainHandling: qos,
        retainAsPublished: fc.boolean(),
        noLocal: fc.boolean(),
        identifier: fc.integer({ min: 1, max: 99 }),
      },
      { requiredKeys: ['qos'] },
    ),
  }),
  fc.record({ kind: fc.constant('queue' as const), clientId, packet, identifier: fc.option(packetId), shareName }),
  fc.record({ kind: fc.constant('send' as const), clientId, packet, packetId, isReceived: fc.boolean() }),
  fc.record({ kind: fc.constant('open' as const), clientId, packetId }),
  fc.record({ kind: fc.constant('will' as const), clientId, packet }),
  fc.record({ kind: fc.constant('retain' as const), packet }),
  fc.record({ kind: fc.constant('end' as const), clientId }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function perform(store: Store, one: Step): Promise<unknown> {
  if (one.kind === 'retain') return store.keep(message(one.packet.topic, one.packet.changes), [], { isRetained: true });
  const { clientId: client } = one;
  switch (one.kind) {
    case 'session': {
      const away = one.isAway ? { disconnectedAt: 1_700_000_000_000 } : {};
      return store.putSession({ clientId: one.clientId, principal: 'p', expirySeconds: one.expirySeconds, ...away });
    }
    case 'subscribe':
      return store.subscribe(client, [{ filter: one.filter, ...one.options }]);
    case 'queue': {
      const identifier = one.identifier === null ? {} : { identifier: one.identifier };
      const filter = one.shareName === undefined ? {} : { filter: `$share/${one.shareName}/${one.packet.topic}` };
      const target = { clientId: one.clientId, retainAsPublished: true, ...identifier, ...filter };
      return store.keep(message(one.packet.topic, one.packet.changes), [target]);
    }
    case 'send': {
      const sent = message(one.packet.topic, one.packet.changes);
      await store.keep(sent, [{ clientId: one.clientId }]);
      await store.markSent(client, sent, one.packetId);
      return one.isReceived ? store.markReceived(client, one.packetId) : undefined;
    }
    case 'open':
      return openExchange(store, client, one.packetId);
    case 'will': {
      const { clientId: _publisher, runId: _node, ...will } = message(one.packet.topic, one.packet.changes);
      return store.putWill({ ...will, clientId: client });
    }
    case 'end':
    default:
      return store.endSession(client);
  }
}

async function* chunksOf(text: string): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += 1_000) yield all.subarray(at, at + 1_000);
}

async function exported(directory: string): Promise<string> {
  await using store = await openOffline(directory);
  return [...exportLines(store.environment)].join('');
}

describe('a store without a broker', () => {
  test('export, import and export again give the same lines, and both stores are whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await using folder = await temporaryDirectory();
        const [first, second] = [join(folder.path, 'first'), join(folder.path, 'second')];
        const store = diskStore(first);
        await store.start(AbortSignal.timeout(10_000));
        for (const one of steps) await perform(store, one);
        const stats = store.stats();
        await store.stop(AbortSignal.timeout(10_000));

        const lines = await exported(first);
        await importStore(second, chunksOf(lines));
        expect(await exported(second)).toBe(lines);
        for (const directory of [first, second]) {
          await using opened = await openOffline(directory, { isThorough: true });
          expect(checkStore(opened.environment)).toMatchObject({ problems: 0, findings: [] });
          expect(await offlineStats(opened)).toMatchObject({ ...stats, schemaVersion: 1 });
        }
      }),
      { numRuns: 20 },
    );
  });

  test('wrong counters are found and named', async () => {
    await using folder = await temporaryDirectory();
    const store = diskStore(folder.path);
    await store.start(AbortSignal.timeout(10_000));
    await store.keep(message('a'), [{ clientId: 'alice' }]);
    await store.keep(message('kept'), [], { isRetained: true });
    await store.stop(AbortSignal.timeout(10_000));
    const environment = new Environment(folder.path);
    environment.transaction((put, remove) => {
      put('sizes', ownerKey(1), encodeSize({ messages: 2, bytes: 3 }));
      put('sizes', ownerKey(9), encodeSize({ messages: 1, bytes: 1 }));
      remove('meta', Buffer.from('retained-size'));
    });
    const { problems, findings } = checkStore(environment);
    await environment.close();
    expect(problems).toBe(3);
    expect(findings.map(({ table, what }) => `${table}: ${what}`)).toEqual([
      'sizes: it says 2 messages of 3 bytes, and there are 1 of 2',
      'sizes: its session is missing',
      'meta: it says 0 messages of 0 bytes, and there are 1 of 5',
    ]);
  });

  test('an import that was cut off is not taken for a store', async () => {
    await using folder = await temporaryDirectory();
    const store = diskStore(folder.path);
    await store.start(AbortSignal.timeout(10_000));
    await store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 60 });
    await store.stop(AbortSignal.timeout(10_000));
    const environment = new Environment(folder.path);
    environment.transaction((_put, remove) => remove('meta', Buffer.from('version')));
    await environment.close();
    await expect(diskStore(folder.path).start(AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: 'store-damaged',
    });
  });

  test('pages that were overwritten are found before they are used', async () => {
    await using folder = await temporaryDirectory();
    const store = diskStore(folder.path);
    await store.start(AbortSignal.timeout(10_000));
    await store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 60 });
    await store.stop(AbortSignal.timeout(10_000));
    const file = join(folder.path, 'data.mdb');
    const data = await readFile(file);
    await writeFile(file, data.fill(0, 8_192));
    await expect(openOffline(folder.path, { isThorough: true })).rejects.toMatchObject({ code: 'store-damaged' });
  });

  test('a failed import leaves nothing behind, and the next one succeeds', async () => {
    await using folder = await temporaryDirectory();
    const head = '{"type":"export","format":"viaduct-store","version":1}\n';
    const client = '{"type":"client","clientId":"a"}\n';
    await expect(importStore(folder.path, chunksOf(`${head}${client}${client}`))).rejects.toThrow(
      /^line 3: client "a" stands there twice\nnothing was imported$/,
    );
    const imported = await importStore(folder.path, chunksOf(`${head}${client}`));
    expect(imported.get('client')).toBe(1);
    expect(await exported(folder.path)).toBe(`${head}${client}`);
  });
});
