import type { Store } from '../../src/broker/store-port.ts';
import { createDiskStore, type DiskStoreDeps } from '../../src/storage/disk/disk-store.ts';
import { type StoreLimits, type StoreOptions, storeSchema } from '../../src/storage/schema.ts';

/** @param limits the options of a configuration, or those of the defaults. */
export const diskStore = (
  directory: string,
  limits: StoreLimits = storeSchema.parse({}),
  deps: Partial<DiskStoreDeps> = {},
  durability: StoreOptions['durability'] = 'commit',
): Store => createDiskStore({ directory, durability, limits }, deps);
