import type { SessionStore } from '../../src/broker/session-store.ts';
import { createDiskStore, type DiskStoreDeps } from '../../src/storage/disk/disk-store.ts';
import { type StoreOptions, storeSchema } from '../../src/storage/schema.ts';

/** @param limits the options of a configuration, or those of the defaults. */
export const diskStore = (
  directory: string,
  limits: Pick<StoreOptions, 'queue' | 'retained' | 'maxBytes'> = storeSchema.parse({}),
  deps: Partial<DiskStoreDeps> = {},
  durability: StoreOptions['durability'] = 'commit',
): SessionStore => createDiskStore({ directory, durability, limits }, deps);

/** A store that is open, as the node `node-1`. */
export async function openDiskStore(...args: Parameters<typeof diskStore>): Promise<SessionStore & AsyncDisposable> {
  const store = diskStore(...args);
  await store.setup({ id: 'node-1' });
  return { ...store, [Symbol.asyncDispose]: () => store.destroy() };
}
