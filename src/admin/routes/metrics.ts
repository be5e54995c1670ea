import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import { metricsRefused } from '../events.ts';
import { type AdminApp, createApp, sentence } from '../http.ts';
import { isLocal, peerOf } from '../local.ts';

/** `/metrics`: Prometheus text, for this machine only. A request that a proxy passes on counts as another machine's. */
export function metricsRoute(metrics: () => Promise<string>, { events }: Telemetry): AdminApp {
  const app = createApp();
  app.get('/metrics', async (context) => {
    if (!isLocal(context)) {
      events.emit(metricsRefused, { peer: peerOf(context) });
      return sentence(context, 403, 'Metrics are shown to this machine only. Ask over 127.0.0.1, without a proxy.');
    }
    const text = await metrics();
    return context.text(text, 200, {
      'Cache-Control': 'no-store',
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    });
  });
  return app;
}
