import { Reads } from '../admin/reads.ts';
import type { BrokerReads } from '../admin/routes/broker.ts';
import type { ConsoleOptions } from '../admin/schema.ts';
import type { Broker } from '../broker/broker.ts';
import {
  clientConnected,
  clientDisconnected,
  clientRefused,
  heldDropped,
  publishRefused,
  sessionBegan,
  sessionEnded,
  sessionExpired,
  slowClientSkipped,
  subscriptionAdded,
  subscriptionRemoved,
} from '../broker/events.ts';
import type { Clock } from '../kernel/clock.ts';
import { createEventStream } from '../kernel/event-stream.ts';
import { storeDropped } from '../storage/events.ts';
import type { AppTelemetry } from '../telemetry/telemetry.ts';

/** What happens to clients, sessions and messages. A name is a promise to whoever reads it. */
const brokerEvents = {
  'client-connected': clientConnected,
  'client-disconnected': clientDisconnected,
  'client-refused': clientRefused,
  'session-began': sessionBegan,
  'session-ended': sessionEnded,
  'session-expired': sessionExpired,
  'subscription-added': subscriptionAdded,
  'subscription-removed': subscriptionRemoved,
  'message-refused': publishRefused,
  'message-skipped': slowClientSkipped,
  'message-dropped': heldDropped,
  'message-dropped-by-store': storeDropped,
} as const;

/** What those who administer the broker may read of it. @param options as they are now */
export function createBrokerReads(
  options: () => ConsoleOptions,
  { broker, telemetry, clock }: { readonly broker: Broker; readonly telemetry: AppTelemetry; readonly clock: Clock },
): BrokerReads {
  const stream = createEventStream(brokerEvents, { source: telemetry, now: () => clock.now() });
  return {
    queries: broker.queries,
    listen: () => stream.listen(options().eventBuffer),
    reads: new Reads(options, { monotonic: () => clock.monotonic(), events: telemetry.events }),
  };
}
