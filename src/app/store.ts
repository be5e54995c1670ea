import { join } from 'node:path';
import { reportOutboxDrops } from '../bridge/egress/outbox.ts';
import type { Store } from '../broker/store-port.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { createDiskStore } from '../storage/disk/disk-store.ts';
import { reportDrops } from '../storage/events.ts';
import { createMemoryStore } from '../storage/memory/memory-store.ts';
import { createDiskOutbox, type DiskOutbox } from '../storage/outbox/disk-outbox.ts';
import { createRedisStore } from '../storage/redis/redis-store.ts';

export interface StoreContext {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** The store that the configuration names. Nothing is opened before its `start`. */
export function createStore(
  { store, secrets }: Pick<ResolvedConfig, 'store' | 'secrets'>,
  { telemetry, clock }: StoreContext,
): Store {
  const { events } = telemetry;
  const now = (): number => clock.now();
  const deps = { now, clock, events, onDropped: reportDrops(events, now) };
  switch (store.type) {
    case 'memory':
      return createMemoryStore(store, deps);
    case 'redis': {
      const { password, ...redis } = store.redis;
      const secret = password === undefined ? {} : { password: secrets.secret(password) };
      return createRedisStore({ ...store, redis: { ...redis, ...secret } }, deps);
    }
    case 'disk':
    default:
      return createDiskStore({ ...store, limits: store }, deps);
  }
}

/** For rules with `ack: nats`, where there is a disk. Nothing is opened before such a rule runs. */
export function createOutbox(
  { store, bridge }: Pick<ResolvedConfig, 'store' | 'bridge'>,
  { telemetry: { events }, clock }: StoreContext,
): DiskOutbox | undefined {
  if (store.type !== 'disk') return undefined;
  return createDiskOutbox(
    { directory: join(store.directory, 'outbox'), durability: store.durability, limits: bridge.outbox },
    { clock, events, onDropped: reportOutboxDrops(events) },
  );
}
