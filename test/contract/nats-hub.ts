import { createHub, type Hub } from '../../src/hub/hub.ts';
import { type HubOptions, hubSchema } from '../../src/hub/schema.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { EventKind, LogFields, Telemetry } from '../../src/kernel/telemetry-ports.ts';
import type { NatsLimits, NatsServer } from './nats-process.ts';

export interface TestHub extends NatsServer {
  readonly hub: Hub;
  /** Log lines so far. */
  readonly lines: readonly string[];
}

/** Starts the embedded hub on a free port. */
export async function startHub(overrides: Partial<HubOptions> = {}): Promise<TestHub> {
  const options = { ...hubSchema.parse({ bind: '127.0.0.1:0' }), ...overrides };
  const lines: string[] = [];
  const telemetry: Telemetry = {
    logger: { log: () => undefined },
    events: {
      emit: <F extends LogFields>(kind: EventKind<F>, fields: F) =>
        void lines.push(`${kind.level} ${kind.message(fields)}`),
    },
  };
  const hub = createHub(options, { telemetry, clock: systemClock, version: '1.2.3', serverName: 'test-hub' });
  await hub.start(new AbortController().signal);
  return {
    hub,
    lines,
    url: hub.url(),
    port: hub.address().port,
    [Symbol.asyncDispose]: () => hub.stop(AbortSignal.timeout(2_000)),
  };
}

/** The hub with the limits of a contract case. */
export const startContractHub = (limits: NatsLimits = {}): Promise<TestHub> =>
  startHub({
    ...(limits.maxPayloadBytes === undefined ? {} : { maxPayload: limits.maxPayloadBytes }),
    ...(limits.maxConnections === undefined ? {} : { maxConnections: limits.maxConnections }),
    ...(limits.maxSubscriptionsPerClient === undefined
      ? {}
      : { maxSubscriptionsPerClient: limits.maxSubscriptionsPerClient }),
    ...(limits.maxPendingBytes === undefined ? {} : { maxPending: limits.maxPendingBytes }),
    ...(limits.pingIntervalMs === undefined ? {} : { pingInterval: limits.pingIntervalMs }),
  });
