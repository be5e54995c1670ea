import type { BrokerInfo } from '../broker-info.ts';
import { withoutCredentials } from '../console-facts.ts';
import { type AdminApp, createApp } from '../http.ts';

/** `/healthz`: 200 when the broker takes clients, 503 while it starts or stops. MQTT goes on without NATS, so that does not count. */
export function healthRoute(info: () => BrokerInfo): AdminApp {
  const app = createApp();
  app.get('/healthz', (context) => {
    const { name, version, status, nodeId, nats, connections } = info();
    context.header('Cache-Control', 'no-store');
    return context.json(
      { name, version, status, nodeId, nats: { ...nats, url: withoutCredentials(nats.url) }, connections },
      status === 'ok' ? 200 : 503,
    );
  });
  return app;
}
