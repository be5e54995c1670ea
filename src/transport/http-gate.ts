import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AcceptLink, HttpHandler, HttpPeer, Peer } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, messageOf, systemCode } from '../kernel/errors.ts';
import type { Logger } from '../kernel/telemetry-ports.ts';
import { speechOf } from './first-byte.ts';
import { heartbeat } from './heartbeat.ts';
import { plainResponse } from './plain-response.ts';
import { misfit, printable, type Refusal } from './refusal.ts';
import { webSocketLink } from './websocket-link.ts';
import { pathOf, refuseUpgrade, switchingProtocols, type UpgradeRefusal } from './websocket-upgrade.ts';

/** One connection that speaks HTTP, as the listener sees it. */
export interface HttpVisit {
  /** Who is at the other end; what it speaks shows with its first request. */
  readonly peer: Omit<Peer, 'protocol'>;
  /** The first request head is there. */
  onSpoken(): void;
  onRefused(refusal: Refusal): void;
}

export interface HttpGateOptions {
  readonly accept: ReadonlySet<'mqtt' | 'websocket' | 'http'>;
  readonly path: string;
  /** Largest WebSocket message to a client in bytes. */
  readonly messageBytes: number;
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

const limits = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
} as const;

export function httpGate(options: HttpGateOptions): HttpGate {
  const { accept, path, clock } = options;
  const server = createServer(limits);
  const visits = new WeakMap<Duplex, HttpVisit & { readonly socket: Socket }>();
  const pings = heartbeat(clock);

  server.on('request', (request, response) => {
    const visit = visits.get(request.socket);
    visit?.onSpoken();
    const isWebSocketPath = accept.has('websocket') && pathOf(request.url) === path;
    if (isWebSocketPath || !accept.has('http')) answerUpgradeRequired(response, path);
    else if (options.http === undefined || visit === undefined) answer(response, 404, 'There is nothing here.');
    else handle(options.http, request, response, httpPeer(visit), options.logger);
  });

  server.on('upgrade', (request, socket, head) => {
    const visit = visits.get(socket);
    if (visit === undefined) {
      socket.destroy();
      return;
    }
    const { headers, method, url } = request;
    const { upgrade, 'sec-websocket-protocol': protocols } = headers;
    const { 'sec-websocket-key': key, 'sec-websocket-version': version } = headers;
    const refusal = accept.has('websocket')
      ? refuseUpgrade({ method, url, upgrade, key, version, protocols }, path)
      : notAccepted;
    if (refusal !== undefined) {
      refuse(socket, visit, refusal, refusal.status, refusal.headers);
      return;
    }
    visit.onSpoken();
    const { socket: raw } = visit;
    raw.setTimeout(0);
    if (head.length > 0) raw.unshift(head);
    raw.write(switchingProtocols(key ?? '', protocols ?? ''));
    const peer = { ...visit.peer, protocol: visit.peer.tls === undefined ? 'ws' : 'wss' } as const;
    const { messageBytes } = options;
    options.onLink(webSocketLink({ socket: raw, peer, clock, heartbeat: pings, messageBytes }));
  });

  server.on('clientError', (error, socket) => {
    // the client went away, or we closed its connection and have said why
    if (systemCode(error) === 'ECONNRESET' || error instanceof AppError) {
      socket.destroy();
      return;
    }
    const { status, ...refusal } = requestRefusal(error);
    refuse(socket, visits.get(socket), refusal, status);
  });

  return {
    // It never listens itself; its checks of header and request time begin with this event.
    start() {
      server.keepAliveTimeout = limits.keepAliveTimeout;
      server.emit('listening');
    },
    serve(socket, visit) {
      visits.set(socket, { ...visit, socket });
      server.emit('connection', socket);
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

/** @param status 0 closes without an answer: the other end does not speak HTTP. */
function refuse(
  socket: Duplex,
  visit: HttpVisit | undefined,
  refusal: Refusal,
  status: number,
  headers?: Readonly<Record<string, string>>,
): void {
  socket.on('error', () => undefined);
  visit?.onRefused({ reason: refusal.reason, detail: refusal.detail });
  if (status === 0 || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(plainResponse(status, `Refused: ${refusal.detail}.`, headers));
  socket.resume(); // or the end of the client's side would never be seen
}

/** Puts a failed request into words; the first bytes tell what came instead of HTTP. */
export function requestRefusal(error: Error): Refusal & { readonly status: number } {
  const packet = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : undefined;
  const code = systemCode(error);
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: 431, reason: 'bad-http-request', detail: `a request head over ${limits.maxHeaderSize} bytes` };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, reason: 'bad-http-request', detail: 'a request that did not arrive in time' };
  if (speechOf(packet?.[0]) !== 'http') return { status: 0, ...misfit(packet?.[0]) };
  return { status: 400, reason: 'bad-http-request', detail: `a malformed request: ${printable(messageOf(error))}` };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
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
