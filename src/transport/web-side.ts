import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpHandler } from '../http/handler.ts';
import { answer } from '../http/server/answers.ts';
import { createHttpServer, type HttpVisit } from '../http/server/server.ts';
import { type ConnectionRefusal, misfit } from './connection-refusal.ts';
import type { LinkEnds } from './link-end.ts';
import type { ListenerDeps } from './listener-deps.ts';
import { ownHosts, shownHosts } from './own-hosts.ts';
import { type ForwardedPeer, forwardedPeer } from './proxy/forwarded.ts';
import type { ListenerOptions } from './schema.ts';
import { pathOf } from './websocket/upgrade.ts';
import { createUpgrades } from './websocket/upgrades.ts';

/** One connection that speaks HTTP, as the listener sees it. */
export interface WebVisit extends Pick<HttpVisit, 'peer' | 'onSpoken' | 'onDropped'> {
  onRefused(refusal: ConnectionRefusal): void;
}

/** What of a listener speaks HTTP: requests, and WebSockets, which become links. */
export interface WebSide {
  start(): void;
  /** Takes a socket over; bytes that were put back with `unshift` are the beginning of its first request. */
  serve(socket: Socket, visit: WebVisit): void;
  /** Closes idle connections; busy ones end with their response. */
  stop(): void;
}

/** @returns undefined for a listener that accepts neither http nor websocket */
export function createWebSide(
  options: ListenerOptions,
  deps: ListenerDeps & { readonly ends: LinkEnds },
): WebSide | undefined {
  const { name, accept, path, websocketMessageSize, http, origins, hosts, bind } = options;
  if (!accept.includes('websocket') && !accept.includes('http')) return undefined;
  const isOwnHost = ownHosts({ hosts, bindHost: bind.host, certificateHosts: shownHosts(name, deps.certificates) });
  const askedFor = forwardedPeer(options.proxy);
  const upgrades = createUpgrades(
    {
      isAccepted: accept.includes('websocket'),
      path,
      messageBytes: websocketMessageSize,
      rules: { listener: name, isOwnHost, origins },
    },
    deps,
  );
  const server = createHttpServer(
    {
      limits: http,
      rules: { listener: name, isOwnHost, bodySize: http.bodySize },
    },
    { handler: handlerFor(options, deps.http, askedFor), logger: deps.telemetry.logger, clock: deps.clock },
  );
  return {
    start: () => server.start(),
    stop: () => server.stop(),
    serve: (socket, visit) =>
      server.serve(socket, {
        ...visit,
        onMisfit: (firstByte) => visit.onRefused(misfit(firstByte)),
        onUpgrade: (request, first) =>
          upgrades(request, { ...visit, peer: askedFor(request, visit.peer), socket }, first),
      }),
  };
}

/** Requests are for `http`, but at the path of WebSockets, and where only those are accepted. */
function handlerFor(
  { accept, path }: ListenerOptions,
  http: HttpHandler | undefined,
  askedFor: ForwardedPeer,
): HttpHandler {
  return (request, response, peer) => {
    const isWebSocketPath = accept.includes('websocket') && pathOf(request.url) === path;
    if (isWebSocketPath || !accept.includes('http')) answerUpgradeRequired(response, path);
    else if (http === undefined) answer(response, 404, 'There is nothing here.');
    else http(request, response, askedFor(request, peer));
  };
}

function answerUpgradeRequired(response: ServerResponse, path: string): void {
  response.setHeader('Upgrade', 'websocket');
  response.setHeader('Connection', 'Upgrade, close');
  answer(
    response,
    426,
    `Here is MQTT over WebSocket, at ${path}, subprotocol "mqtt". A browser page cannot be had here.`,
  );
}
