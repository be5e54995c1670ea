import { type Broker, createBroker } from '../../src/broker/broker.ts';
import type { PacingOptions } from '../../src/broker/delivery/held-messages.ts';
import type { Authenticator, Authorizer } from '../../src/broker/ports.ts';
import { limitsSchema } from '../../src/broker/schema.ts';
import type { Store } from '../../src/broker/store-port.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import { silentTelemetry, type Telemetry } from '../../src/kernel/telemetry-ports.ts';
import { Plane } from '../../src/plane/plane.ts';
import { planeSchema } from '../../src/plane/schema.ts';
import { createMemoryStore } from '../../src/storage/memory/memory-store.ts';
import { storeSchema } from '../../src/storage/schema.ts';
import { patient } from './patience.ts';

export interface MemoryBrokerOptions {
  readonly hotPath?: 'on' | 'off';
  readonly pacing?: PacingOptions;
  /** As in a config file. */
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly store?: Store;
  readonly plane?: Plane;
  readonly clock?: Clock;
  readonly authenticator?: Authenticator;
  readonly authorizer?: Authorizer;
  readonly telemetry?: Telemetry;
}

export const memoryStore = (): Store => createMemoryStore(storeSchema.parse({ type: 'memory' }));

const everyone: Authenticator = { authenticate: () => ({ kind: 'accept', principal: 'anonymous', trust: 'none' }) };

/** A broker without sockets; links come from `memoryLink`. */
export async function startMemoryBroker({
  hotPath = 'on',
  pacing = { queuedMessages: 5_000, queuedBytes: 32_000_000, heldBytes: 64_000_000 },
  limits = {},
  store = memoryStore(),
  plane = new Plane(),
  clock = systemClock,
  authenticator = everyone,
  authorizer,
  telemetry = silentTelemetry,
}: MemoryBrokerOptions = {}): Promise<Broker> {
  const broker = createBroker(
    { limits: limitsSchema.parse(limits), plane: planeSchema.parse({ hotPath }), pacing },
    {
      nodeId: 'node',
      plane,
      store,
      authenticator,
      ...(authorizer === undefined ? {} : { authorizer }),
      clock,
      telemetry,
    },
  );
  await broker.start(patient());
  return broker;
}
