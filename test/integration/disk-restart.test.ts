import { expect, test } from 'vitest';
import type { Store, StoredSession } from '../../src/broker/store-port.ts';
import { Environment, type TableName } from '../../src/storage/disk/files/environment.ts';
import { ownerKey } from '../../src/storage/disk/files/keys.ts';
import { message, queueOf, read, subscription } from '../contract/store/support.ts';
import { diskStore } from '../support/disk-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const long = 'l'.repeat(60_000);

/** Neighbours that share a text and neighbours that do not, in letters of one byte and of several. */
const sessions: readonly StoredSession[] = [
  { clientId: 'a', principal: 'anonymous', expirySeconds: 60 },
  { clientId: 'b', principal: 'anonymous', expirySeconds: 60, disconnectedAt: 1_700_000_000_123 },
  { clientId: 'ä', principal: 'anonymouß', expirySeconds: 4_294_967_295, disconnectedAt: 1 },
  { clientId: 'd', principal: 'anonymouß', expirySeconds: 1 },
  { clientId: long, principal: `${long}ß`, expirySeconds: 1 },
  { clientId: 'e', principal: 'anonymou\u0000', expirySeconds: 1 },
  { clientId: 'f', principal: '', trust: 'certificate:folder', expirySeconds: 1 },
  { clientId: 'g', principal: '', trust: 'certificate:folder', expirySeconds: 1, disconnectedAt: 2 },
  { clientId: 'h', principal: '', trust: 'psk', expirySeconds: 1 },
];
const subscriptionsOf = new Map([
  ['a', [subscription('t/#')]],
  ['b', [subscription('t/#', 2, { identifier: 7 }), subscription('t/+', 0), subscription('ü/x')]],
  ['ä', [subscription('ü/x', 1, { noLocal: true, retainHandling: 2 }), { filter: 't/1', qos: 1 as const }]],
  ['d', [subscription('$share/g/t/#')]],
  [long, [subscription(`${long}/x`), subscription('ü/x', 0)]],
  ['g', Array.from({ length: 20 }, (_, index) => subscription(`many/${index}`))],
]);

async function opened(directory: string): Promise<Store & AsyncDisposable> {
  const store = diskStore(directory);
  await store.start(AbortSignal.timeout(10_000));
  return { ...store, [Symbol.asyncDispose]: () => store.stop(AbortSignal.timeout(10_000)) };
}

async function fill(store: Store): Promise<void> {
  for (const session of sessions) await store.putSession(session);
  for (const [id, own] of subscriptionsOf) await store.subscribe(id, own);
  await store.subscribe('without-session', [subscription('t/1')]);
  await store.putSession({ clientId: 'gone', principal: 'p', expirySeconds: 1 });
  await store.subscribe('gone', [subscription('t/#')]);
  for (const clientId of ['a', 'b', 'gone']) await store.keep(message('t/1'), [{ clientId }]);
  await store.keep(message('t/2'), [{ clientId: 'b' }]);
  await store.endSession('gone');
}

const byName = (one: { readonly clientId: string }, other: { readonly clientId: string }): number =>
  one.clientId < other.clientId ? -1 : 1;

async function contentsOf(store: Store) {
  const ids = [...sessions.map(({ clientId }) => clientId), 'without-session', 'gone'];
  return {
    stats: store.stats(),
    sessions: (await read(store.sessions())).flat().toSorted(byName),
    found: await Promise.all(ids.map((id) => store.session(id))),
    subscriptions: await Promise.all(
      ids.map(async (id) =>
        (await store.subscriptionsOf(id)).toSorted((one, other) => (one.filter < other.filter ? -1 : 1)),
      ),
    ),
    matched: ['t/1', 'ü/x', 'many/7', `${long}/x`, 'none'].map((topic) => store.subscribersOf(topic).toSorted(byName)),
    queues: await Promise.all(ids.map((id) => queueOf(store, id))),
  };
}

test('a start finds the sessions, subscriptions, queues and counters of the run before', async () => {
  await using folder = await temporaryDirectory();
  const before = await (async () => {
    await using store = await opened(folder.path);
    await fill(store);
    return await contentsOf(store);
  })();
  await using store = await opened(folder.path);
  expect(await contentsOf(store)).toEqual(before);
  expect(before.sessions).toEqual(sessions.toSorted(byName));
  expect(before.stats).toMatchObject({ sessions: sessions.length, subscriptions: 30, queuedMessages: 3 });
  expect(before.matched.map((found) => found.length)).toEqual([5, 2, 1, 1, 0]);
});

test('a session that ended and comes back after a start is a new one', async () => {
  await using folder = await temporaryDirectory();
  await (async () => {
    await using store = await opened(folder.path);
    await fill(store);
    await store.endSession('a');
  })();
  await using store = await opened(folder.path);
  expect(await queueOf(store, 'a')).toEqual([]);
  await store.putSession({ clientId: 'a', principal: 'p', expirySeconds: 5 });
  await store.keep(message('t/3'), [{ clientId: 'a' }]);
  expect(await queueOf(store, 'a')).toMatchObject([{ topic: 't/3' }]);
  expect(store.stats()).toMatchObject({ sessions: sessions.length, subscriptions: 29, queuedMessages: 3 });
});

test.each<[what: string, table: TableName, key: Buffer, value: Buffer]>([
  ['a session that ends too early', 'owners', ownerKey(2), Buffer.from([1, 0, 0, 0, 9, 0x61])],
  ['the key of a session that is too short', 'owners', Buffer.from([1, 2]), Buffer.from([0, 0, 0, 0, 1, 0x61])],
  ['a size that ends too early', 'sizes', ownerKey(1), Buffer.from([0, 0])],
  ['a subscription that ends too early', 'subscriptions', ownerKey(1), Buffer.from([1])],
])('%s is damage, which a start names', async (_what, table, key, value) => {
  await using folder = await temporaryDirectory();
  await (async () => {
    await using store = await opened(folder.path);
    await fill(store);
  })();
  const environment = new Environment(folder.path);
  environment.transaction((put) => put(table, key, value));
  await environment.close();
  await expect(diskStore(folder.path).start(AbortSignal.timeout(10_000))).rejects.toMatchObject({
    code: 'store-damaged',
  });
});
