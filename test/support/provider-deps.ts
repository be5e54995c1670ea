import { LastKeySet } from '../../src/auth/last-key-set.ts';
import type { ProviderDeps } from '../../src/auth/provider.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentTelemetry } from '../../src/kernel/telemetry-ports.ts';

/** What providers need that neither read secrets nor ask NATS. */
export const providerDeps = (listeners: ProviderDeps['listeners']): ProviderDeps => ({
  listeners,
  events: silentTelemetry.events,
  clock: systemClock,
  secretOf: () => {
    throw new Error('there are no secrets');
  },
  natsRequest: () => Promise.reject(new Error('there is no NATS')),
  lastKeySet: new LastKeySet(),
});
