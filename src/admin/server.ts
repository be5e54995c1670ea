import type { IncomingMessage } from 'node:http';
import { getRequestListener, RequestError } from '@hono/node-server';
import { type Est, estPrefix } from '../broker/est-port.ts';
import type { HttpHandler, HttpPeer } from '../http/handler.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { readAssets } from './assets.ts';
import type { BrokerInfo } from './broker-info.ts';
import { requestFailed } from './events.ts';
import { type AdminApp, type AdminContext, createApp, sentence } from './http.ts';
import { consoleRoute, welcomeRoute } from './routes/api.ts';
import { type BrokerReads, brokerRoutes } from './routes/broker.ts';
import { estRoute } from './routes/est.ts';
import { healthRoute } from './routes/health.ts';
import { metricsRoute } from './routes/metrics.ts';
import { pageRoutes } from './routes/page.ts';
import type { ConsoleOptions } from './schema.ts';
import { securityHeaders } from './security-headers.ts';

export interface AdminDeps {
  /** The state of the broker at the moment of the request. */
  readonly info: () => BrokerInfo;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** Directory of the built page. */
  readonly webDirectory: string;
  /** Enrollment of devices; undefined where it is off. */
  readonly est?: Est | undefined;
  /** What the broker has, and what happens in it. */
  readonly broker: BrokerReads;
  readonly telemetry: Telemetry;
}

/** Answers HTTP on listeners that accept it: the console page, the health check, the metrics. */
export function createAdmin(options: Pick<ConsoleOptions, 'enabled'>): (deps: AdminDeps) => HttpHandler {
  return (deps) => {
    const peers = new WeakMap<IncomingMessage, HttpPeer>();
    const app = createAdminApp(options, deps, ({ env }) => env?.incoming && peers.get(env.incoming));
    const listener = getRequestListener(app.fetch, {
      hostname: 'localhost', // HTTP/1.0 has no Host header, and nothing here depends on it
      overrideGlobalObjects: false,
      errorHandler: (thrown) => malformed(thrown, deps.telemetry),
    });
    return (request, response, peer) => {
      peers.set(request, peer);
      void listener(request, response);
    };
  };
}

/** The routes without a socket; tests ask it with `request('/path')`. @param peerOf who sent a request. */
export function createAdminApp(
  options: Pick<ConsoleOptions, 'enabled'>,
  deps: AdminDeps,
  peerOf: (context: AdminContext) => HttpPeer | undefined = () => undefined,
): AdminApp {
  const app = createApp();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
    if (context.req.method === 'GET' || context.req.method === 'HEAD') return next();
    if (deps.est !== undefined && context.req.path.startsWith(estPrefix)) return next();
    context.header('Allow', 'GET, HEAD');
    return sentence(context, 405, 'Only GET and HEAD are answered here.');
  });
  if (deps.est !== undefined) app.route('/', estRoute(deps.est, peerOf));
  app.route('/', healthRoute(deps.info));
  app.route('/', welcomeRoute(deps.info));
  app.route('/', metricsRoute(deps.metrics, deps.telemetry));
  app.route('/', brokerRoutes(deps.broker, deps.telemetry.events));
  if (options.enabled) {
    app.route('/', consoleRoute(deps.info));
    app.route(
      '/',
      pageRoutes(() => readAssets(deps.webDirectory)),
    );
  }
  app.notFound((context) => sentence(context, 404, 'There is nothing at this address.'));
  app.onError((thrown, context) => {
    deps.telemetry.events.emit(requestFailed, { route: context.req.path, reason: messageOf(thrown) });
    return sentence(context, 500, 'The broker could not answer; its log says why.');
  });
  return app;
}

/** A request that has no valid URL never reaches the routes. */
function malformed(thrown: unknown, { events }: Telemetry): Response {
  const isBadRequest = thrown instanceof RequestError;
  if (!isBadRequest) events.emit(requestFailed, { route: 'a request', reason: messageOf(thrown) });
  const error = isBadRequest ? 'The request is malformed.' : 'The broker could not answer; its log says why.';
  return Response.json({ error }, { status: isBadRequest ? 400 : 500, headers: securityHeaders });
}
