import { only } from '../../http/router/access.ts';
import { isFromThisMachine } from '../../http/router/origin-of-request.ts';
import { createReaders, type ReadersOptions } from '../../http/router/readers.ts';
import { type Route, route } from '../../http/router/route.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { metricsRefused } from '../events.ts';

const error =
  'Metrics are shown to this machine only, and to those that metrics.allow names. Ask over 127.0.0.1, without a proxy, or with its token.';

/** `/metrics`: Prometheus text. @param allow who may read it beside this machine */
export const metricsRoute = (metrics: () => Promise<string>, allow: ReadersOptions, events: Events): Route =>
  route('GET', '/metrics', {
    access: only([isFromThisMachine, createReaders(allow)], {
      error,
      onDenied: (peer) => events.emit(metricsRefused, { peer }),
    }),
    handle: async () => ({
      status: 200,
      headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: await metrics(),
    }),
  });
