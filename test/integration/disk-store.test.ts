import { afterAll, beforeEach, describe } from 'vitest';
import { aedesPersistenceContract } from '../contract/aedes-persistence.contract.ts';
import type { OpenLimitedStore } from '../contract/session-store/limits.ts';
import { contractLimits, type OpenStore } from '../contract/session-store/support.ts';
import { sessionStoreContract, storeLimitsContract } from '../contract/session-store.contract.ts';
import { diskStore } from '../support/disk-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const openLimited: OpenLimitedStore = async (limits, deps = {}) => {
  const folder = await temporaryDirectory();
  const store = diskStore(folder.path, limits, deps);
  await store.setup({ id: 'node-1' });
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store.destroy();
      await folder[Symbol.asyncDispose]();
    },
  };
};
const open: OpenStore = (limits = {}, deps = {}) => openLimited(contractLimits(limits), deps);

describe('the disk store signs the contract', () => {
  sessionStoreContract(open);
  storeLimitsContract(openLimited);
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
