import type { ReadersOptions } from '../http/router/readers.ts';
import type { Route } from '../http/router/route.ts';
import { readAssets } from '../http/static/assets.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { BrokerInfo } from './broker-info.ts';
import { consoleRoute, welcomeRoute } from './routes/api.ts';
import { type BrokerReads, brokerRoutes } from './routes/broker.ts';
import { healthRoute } from './routes/health.ts';
import { metricsRoute } from './routes/metrics.ts';
import { pageRoutes } from './routes/page.ts';

export interface AdminOptions {
  /** The console page is served. */
  readonly enabled: boolean;
  /** Who may read the metrics beside this machine. */
  readonly metricsAllow: ReadersOptions;
}

export interface AdminDeps {
  /** The state of the broker at the moment of the request. */
  readonly info: () => BrokerInfo;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** Directory of the built page. */
  readonly webDirectory: string;
  /** What the broker has, and what happens in it. */
  readonly broker: BrokerReads;
  readonly events: Events;
}

/** What people and programs see of the broker over HTTP: the health check, the metrics, lists, the console page. */
export const adminRoutes = (
  { enabled, metricsAllow }: AdminOptions,
  { info, metrics, webDirectory, broker, events }: AdminDeps,
): readonly Route[] => [
  healthRoute(info),
  welcomeRoute(info),
  metricsRoute(metrics, metricsAllow, events),
  ...brokerRoutes(broker, events),
  ...(enabled ? [consoleRoute(info), ...pageRoutes(() => readAssets(webDirectory))] : []),
];
