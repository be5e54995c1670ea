import { everyone } from '../../http/router/access.ts';
import { json } from '../../http/router/answer.ts';
import { type Route, route } from '../../http/router/route.ts';
import type { BrokerInfo } from '../broker-info.ts';
import { withoutUserInfo } from '../console-facts.ts';

/** `/healthz`: 200 when the broker takes clients, 503 while it starts or stops. MQTT goes on without NATS, so that does not count. */
export const healthRoute = (info: () => BrokerInfo): Route =>
  route('GET', '/healthz', {
    access: everyone,
    handle() {
      const { name, version, status, nodeId, nats, connections } = info();
      const shown = {
        name,
        version,
        status,
        nodeId,
        nats: { ...nats, url: withoutUserInfo(nats.url) },
        connections,
      };
      return json(shown, status === 'ok' ? 200 : 503);
    },
  });
