import { thisMachine } from '../../http/router/access.ts';
import { type Route, route } from '../../http/router/route.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { metricsRefused } from '../events.ts';

/** `/metrics`: Prometheus text. */
export const metricsRoute = (metrics: () => Promise<string>, events: Events): Route =>
  route('GET', '/metrics', {
    access: thisMachine('Metrics are', (peer) => events.emit(metricsRefused, { peer })),
    handle: async () => ({
      status: 200,
      headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: await metrics(),
    }),
  });
