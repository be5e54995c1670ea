import { fileURLToPath } from 'node:url';
import { adminRoutes } from '../admin/admin-routes.ts';
import type { BrokerInfo } from '../admin/broker-info.ts';
import type { Broker } from '../broker/broker.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import type { HttpHandler } from '../http/handler.ts';
import { createHttpHandler } from '../http/router/http-handler.ts';
import type { Route } from '../http/router/route.ts';
import type { Clock } from '../kernel/clock.ts';
import { atOnce, type Prepared } from '../kernel/prepared.ts';
import { type TurnDeps, turnRoutes } from '../signaling/turn/turn-routes.ts';
import type { AppTelemetry } from '../telemetry/telemetry.ts';
import { createBrokerReads } from './broker-reads.ts';

export type HttpSideConfig = Pick<ResolvedConfig, 'console' | 'metrics' | 'signaling' | 'secrets'>;

export interface HttpSideDeps {
  readonly info: () => BrokerInfo;
  /** For devices that ask for certificates. */
  readonly enrollment: readonly Route[];
  readonly broker: Broker;
  readonly telemetry: AppTelemetry;
  readonly clock: Clock;
}

/** What the listeners that accept http answer: every route of the program hangs in here. */
export interface HttpSide {
  readonly handler: HttpHandler;
  prepare(next: HttpSideConfig, enrollment: readonly Route[]): Prepared;
}

export function createHttpSide(
  first: HttpSideConfig,
  { info, enrollment, broker, telemetry, clock }: HttpSideDeps,
): HttpSide {
  let { console } = first;
  const reads = createBrokerReads(() => console, { broker, telemetry, clock });
  const handlerOf = (config: HttpSideConfig, certificates: readonly Route[]): HttpHandler => {
    const { addresses, token } = config.metrics.allow;
    const metricsAllow = { addresses, token: token && config.secrets.secret(token) };
    const admin = adminRoutes(
      { enabled: config.console.enabled, metricsAllow },
      {
        info,
        metrics: () => telemetry.metricsText(),
        webDirectory: fileURLToPath(new URL('../../dist/web', import.meta.url)),
        broker: reads,
        events: telemetry.events,
      },
    );
    const secretOf: TurnDeps['secretOf'] = (reference) => config.secrets.secret(reference);
    const turn = turnRoutes(config.signaling.turn, { secretOf, clock, events: telemetry.events });
    return createHttpHandler([...certificates, ...turn, ...admin], telemetry);
  };
  let handler = handlerOf(first, enrollment);
  return {
    handler: (...request) => handler(...request),
    prepare(next, certificates) {
      const fresh = handlerOf(next, certificates);
      return atOnce(() => {
        handler = fresh;
        ({ console } = next);
      });
    },
  };
}
