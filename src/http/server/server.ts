import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Peer } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/telemetry-ports.ts';
import type { HttpHandler, HttpPeer } from '../handler.ts';
import type { HttpOptions } from '../schema.ts';
import { answer, answerRefusal, type RefusalAnswer, refuseSocket } from './answers.ts';
import { type HttpDropReason, httpConnections } from './connections.ts';
import { feedInPieces, type HttpFeed } from './feed.ts';
import { nodeLimits } from './node-limits.ts';
import { hasBody, type RequestRefusal, type RequestRules, refuseRequest, unreadable } from './refusals.ts';

/** One connection that speaks HTTP, as whoever brings it sees it. */
export interface HttpVisit {
  /** Who is at the other end; what it speaks shows with its first request. */
  readonly peer: Omit<Peer, 'protocol'>;
  /** The first request head is there. */
  onSpoken(): void;
  onRefused(refusal: RequestRefusal): void;
  /** It does not speak HTTP: that is seen by its first byte. */
  onMisfit(firstByte: number | undefined): void;
  /** A limit closes the connection. */
  onDropped(reason: HttpDropReason): void;
  /**
   * It asks to speak something else from here on. `first` is what came behind the request.
   * @returns why not, for the client; undefined: the connection has been taken over
   */
  onUpgrade(request: IncomingMessage, first: Buffer): RefusalAnswer | undefined;
}

export interface HttpServerOptions {
  readonly limits: HttpOptions;
  readonly rules: RequestRules;
}

export interface HttpServerDeps {
  /** Answers what is not refused. */
  readonly handler: HttpHandler;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Takes sockets that speak HTTP, whoever listens for them. */
export interface HttpServer {
  start(): void;
  /** Takes a socket over; bytes that were put back with `unshift` are the beginning of its first request. */
  serve(socket: Socket, visit: HttpVisit): void;
  /** Closes idle connections; busy ones end with their response. */
  stop(): void;
}

interface Visitor extends HttpVisit {
  readonly socket: Socket;
  readonly feed: HttpFeed;
}

export const createHttpServer = (
  { limits, rules }: HttpServerOptions,
  { handler, logger, clock }: HttpServerDeps,
): HttpServer => {
  const server = createServer(nodeLimits);
  const visitors = new WeakMap<Duplex, Visitor>();
  const connections = httpConnections(limits, clock);

  const respond = (request: IncomingMessage, response: ServerResponse, visitor: Visitor): void => {
    const refusal = refuseRequest(request.headers, rules);
    if (refusal === undefined) {
      handle(handler, request, response, httpPeer(visitor), logger);
      return;
    }
    visitor.onRefused(refusal);
    if (!hasBody(request.headers)) answerRefusal(response, refusal);
    else {
      visitors.delete(visitor.socket); // nothing that it sends is looked at any more
      visitor.feed.stop();
      refuseSocket(visitor.socket, refusal);
    }
  };

  const upgrade = (request: IncomingMessage, visitor: Visitor, head: Buffer): void => {
    const { socket, feed } = visitor;
    const refusal = visitor.onUpgrade(request, Buffer.concat([head, feed.stop()]));
    if (refusal === undefined) {
      connections.release(visitor);
      socket.setTimeout(0);
    } else {
      refuseSocket(socket, refusal);
      connections.end(visitor);
    }
  };

  server.on('request', (request, response) => {
    const visitor = visitors.get(request.socket);
    if (visitor === undefined) {
      request.socket.destroy();
      return;
    }
    visitor.onSpoken();
    connections.take(visitor, response, () => respond(request, response, visitor));
  });

  server.on('upgrade', (request, socket, head) => {
    const visitor = visitors.get(socket);
    // an answer would stand in the middle of one that is under way
    if (visitor === undefined || connections.isBusy(visitor)) socket.destroy();
    else upgrade(request, visitor, head);
  });

  server.on('clientError', (error, socket) => {
    const visitor = visitors.get(socket);
    // the client went away, or we closed its connection and have said why
    if (systemCode(error) === 'ECONNRESET' || error instanceof AppError || visitor === undefined) {
      socket.destroy();
      return;
    }
    visitor.feed.stop();
    const firstByte = firstByteOf(error);
    const refusal = unreadable(error, firstByte);
    if (refusal === undefined) {
      visitor.onMisfit(firstByte);
      socket.destroy();
      return;
    }
    visitor.onRefused(refusal);
    refuseSocket(socket, refusal);
    connections.end(visitor);
  });

  return {
    // It never listens itself; its checks of header and request time begin with this event.
    start() {
      server.keepAliveTimeout = nodeLimits.keepAliveTimeout;
      server.emit('listening');
    },
    serve(socket, visit) {
      server.emit('connection', socket);
      visitors.set(socket, { ...visit, socket, feed: feedInPieces(socket) });
      socket.resume(); // peeked sockets are paused
    },
    stop() {
      server.keepAliveTimeout = 1; // ms: ends connections that are busy now, after their response
      server.close();
    },
  };
};

/** Of the bytes that Node could not read. */
const firstByteOf = (error: Error): number | undefined =>
  'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket[0] : undefined;

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
