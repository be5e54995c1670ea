import { Reads } from '../../src/admin/reads.ts';
import type { BrokerReads } from '../../src/admin/routes/broker.ts';
import { consoleSchema } from '../../src/admin/schema.ts';
import type { BrokerQueries } from '../../src/broker/query-port.ts';
import type { Events } from '../../src/kernel/telemetry-ports.ts';
import { silentTelemetry } from '../../src/kernel/telemetry-ports.ts';

export interface BrokerReadsOptions {
  readonly queries?: Partial<BrokerQueries>;
  readonly listen?: BrokerReads['listen'];
  /** `console` of the configuration. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly monotonic?: () => number;
  readonly events?: Events;
}

/** Reads of a broker that has only what the test gives it. */
export function brokerReads({
  queries = {},
  listen = () => ({ take: () => ({ events: [], leftOut: 0 }), close: () => undefined }),
  options = {},
  monotonic = () => 0,
  events = silentTelemetry.events,
}: BrokerReadsOptions = {}): BrokerReads {
  const parsed = consoleSchema.parse(options);
  const nothing = () => [];
  return {
    queries: {
      clients: nothing,
      sessions: nothing,
      subscriptions: nothing,
      retained: nothing,
      queue: nothing,
      ...queries,
    },
    listen,
    reads: new Reads(() => parsed, { monotonic, events }),
  };
}
