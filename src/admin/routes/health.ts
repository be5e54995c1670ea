import { everyone } from '../../http/router/access.ts';
import { json } from '../../http/router/answer.ts';
import { isFromThisMachine } from '../../http/router/origin-of-request.ts';
import { type Route, route } from '../../http/router/route.ts';
import { withoutCredentials } from '../../kernel/credentials.ts';
import type { BrokerInfo } from '../broker-info.ts';

/**
 * `/healthz`: 200 when the broker takes clients, 503 while it starts or stops. MQTT goes on without NATS, so that does not
 * count. Load balancers elsewhere need no more than that, and are told no more.
 */
export const healthRoute = (info: () => BrokerInfo): Route =>
  route('GET', '/healthz', {
    access: everyone,
    handle(request) {
      const { name, version, status, nodeId, nats, connections } = info();
      const inside = {
        name,
        version,
        status,
        nodeId,
        nats: { ...nats, url: withoutCredentials(nats.url) },
        connections,
      };
      return json(isFromThisMachine(request) ? inside : { status }, status === 'ok' ? 200 : 503);
    },
  });
