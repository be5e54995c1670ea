import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AcceptLink, HttpHandler, HttpPeer, Peer } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/telemetry-ports.ts';
import type { DropReason } from '../events.ts';
import type { Refusal } from '../refusal.ts';
import { heartbeat } from '../websocket/heartbeat.ts';
import { webSocketLink } from '../websocket/link.ts';
import { pathOf, refuseUpgrade, switchingProtocols, type UpgradeRefusal } from '../websocket/upgrade.ts';
import { answer, answerRefusal, answerUpgradeRequired, nodeLimits, refuseSocket, requestRefusal } from './answers.ts';
import { httpConnections } from './connections.ts';
import { feedInPieces, type HttpFeed } from './feed.ts';
import { type HttpRules, refuseOrigin, refuseRequest } from './refusals.ts';
import type { HttpOptions } from './schema.ts';

/** One connection that speaks HTTP, as the listener sees it. */
export interface HttpVisit {
  /** Who is at the other end; what it speaks shows with its first request. */
  readonly peer: Omit<Peer, 'protocol'>;
  /** The first request head is there. */
  onSpoken(): void;
  onRefused(refusal: Refusal): void;
  /** A limit closes the connection. */
  onDropped(reason: DropReason): void;
}

export interface HttpGateOptions {
  readonly accept: ReadonlySet<'mqtt' | 'websocket' | 'http'>;
  readonly path: string;
  /** Largest WebSocket message to a client in bytes. */
  readonly messageBytes: number;
  readonly limits: HttpOptions;
  readonly rules: HttpRules;
  readonly onLink: AcceptLink;
  readonly http: HttpHandler | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Takes sockets that speak HTTP: answers requests, and turns WebSocket upgrades into links. */
export interface HttpGate {
  start(): void;
  /** Takes a socket over; bytes that were put back with `unshift` are the beginning of its first request. */
  serve(socket: Socket, visit: HttpVisit): void;
  /** Closes idle connections; busy ones end with their response. */
  stop(): void;
}

interface Visit extends HttpVisit {
  readonly socket: Socket;
  readonly feed: HttpFeed;
}

export function httpGate(options: HttpGateOptions): HttpGate {
  const { accept, path, clock } = options;
  const server = createServer(nodeLimits);
  const visits = new WeakMap<Duplex, Visit>();
  const pings = heartbeat(clock);
  const connections = httpConnections(options.limits, clock);

  const respond = (request: IncomingMessage, response: ServerResponse, visit: Visit): void => {
    const refusal = refuseRequest(request.headers, options.rules);
    const isWebSocketPath = accept.has('websocket') && pathOf(request.url) === path;
    if (refusal !== undefined) answerRefusal(response, visit, refusal);
    else if (isWebSocketPath || !accept.has('http')) answerUpgradeRequired(response, path);
    else if (options.http === undefined) answer(response, 404, 'There is nothing here.');
    else handle(options.http, request, response, httpPeer(visit), options.logger);
  };

  const upgrade = ({ headers, method, url }: IncomingMessage, visit: Visit, head: Buffer): void => {
    const { socket } = visit;
    const first = Buffer.concat([head, visit.feed.stop()]);
    const { 'sec-websocket-protocol': protocols, 'sec-websocket-key': key } = headers;
    const asked = { method, url, upgrade: headers.upgrade, key, version: headers['sec-websocket-version'], protocols };
    const isSecure = visit.peer.tls !== undefined;
    const refusal = accept.has('websocket')
      ? (refuseUpgrade(asked, path) ?? refuseOrigin(headers, isSecure, options.rules))
      : notAccepted;
    if (refusal !== undefined) {
      refuseSocket(socket, visit, refusal, refusal.status, 'headers' in refusal ? refusal.headers : undefined);
      connections.end(visit);
      return;
    }
    visit.onSpoken();
    connections.release(visit);
    socket.setTimeout(0);
    if (first.length > 0) socket.unshift(first);
    socket.write(switchingProtocols(key ?? '', protocols ?? ''));
    const peer = { ...visit.peer, protocol: isSecure ? 'wss' : 'ws' } as const;
    options.onLink(webSocketLink({ socket, peer, clock, heartbeat: pings, messageBytes: options.messageBytes }));
  };

  server.on('request', (request, response) => {
    const visit = visits.get(request.socket);
    if (visit === undefined) {
      request.socket.destroy();
      return;
    }
    visit.onSpoken();
    connections.take(visit, response, () => respond(request, response, visit));
  });

  server.on('upgrade', (request, socket, head) => {
    const visit = visits.get(socket);
    // an answer would stand in the middle of one that is under way
    if (visit === undefined || connections.isBusy(visit)) socket.destroy();
    else upgrade(request, visit, head);
  });

  server.on('clientError', (error, socket) => {
    // the client went away, or we closed its connection and have said why
    if (systemCode(error) === 'ECONNRESET' || error instanceof AppError) {
      socket.destroy();
      return;
    }
    const { status, ...refusal } = requestRefusal(error);
    const visit = visits.get(socket);
    visit?.feed.stop();
    refuseSocket(socket, visit, refusal, status);
    if (visit !== undefined) connections.end(visit);
  });

  return {
    // It never listens itself; its checks of header and request time begin with this event.
    start() {
      server.keepAliveTimeout = nodeLimits.keepAliveTimeout;
      server.emit('listening');
    },
    serve(socket, visit) {
      server.emit('connection', socket);
      visits.set(socket, { ...visit, socket, feed: feedInPieces(socket) });
      socket.resume(); // peeked sockets are paused
    },
    stop() {
      server.keepAliveTimeout = 1; // ms: ends connections that are busy now, after their response
      server.close();
    },
  };
}

const notAccepted: UpgradeRefusal = {
  status: 400,
  reason: 'websocket-not-accepted',
  detail: 'a WebSocket request; this listener does not accept websocket',
};

const httpPeer = ({ peer }: HttpVisit): HttpPeer => ({
  ...peer,
  protocol: peer.tls === undefined ? 'http' : 'https',
});

function handle(
  handler: HttpHandler,
  request: IncomingMessage,
  response: ServerResponse,
  peer: HttpPeer,
  logger: Logger,
): void {
  try {
    handler(request, response, peer);
  } catch (error) {
    logger.log('error', `HTTP request failed: ${messageOf(error)}`);
    if (response.headersSent) response.destroy();
    else answer(response, 500, 'The request failed on our side.');
  }
}
