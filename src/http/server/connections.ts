import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import type { HttpOptions } from '../schema.ts';

/** Why a limit closes a connection. */
export type HttpDropReason = 'http-connections' | 'http-pipelining' | 'http-response-timeout' | 'http-response-bytes';

export const httpDropSentences: Readonly<Record<HttpDropReason, string>> = {
  'http-connections': 'the HTTP connection that was quiet longest made room: http.connections is reached',
  'http-pipelining': 'more than 8 HTTP requests before the response to the first',
  'http-response-timeout': 'an HTTP response was not taken within http.responseTimeout',
  'http-response-bytes': 'the HTTP response that waited longest made room: http.responseBytes is reached',
};

/** One connection that has sent a request. */
export interface Visitor {
  readonly socket: Socket;
  /** The connection is closed by a limit. */
  onDropped(reason: HttpDropReason): void;
}

/**
 * What the HTTP connections of a listener may cost. A connection has one response at a time: Node would begin the answer
 * to each pipelined request at once and keep them all for a client that reads none.
 */
export interface HttpConnections {
  /** Answers when the requests before it on its connection are answered, unless a limit closes the connection. */
  take(visitor: Visitor, response: ServerResponse, answer: () => void): void;
  /** A request of this connection is not answered whole. */
  isBusy(visitor: Visitor): boolean;
  /** The connection speaks something else from here on. */
  release(visitor: Visitor): void;
  /** The last answer has been written; the client has as long as for any other to take it and close. */
  end(visitor: Visitor): void;
}

/** Requests of a connection that wait for the response to the one before them. */
const maxWaiting = 8;

interface Connection {
  readonly waiting: { readonly response: ServerResponse; readonly answer: () => void }[];
  /** Cancels the limit of the response under way; undefined: there is none. */
  cancel: (() => void) | undefined;
}

export function httpConnections(limits: HttpOptions, clock: Clock): HttpConnections {
  /** The one that has been quiet longest stands first. */
  const open = new Map<Visitor, Connection>();

  const release = (visitor: Visitor): void => {
    open.get(visitor)?.cancel?.();
    open.delete(visitor);
  };

  const drop = (visitor: Visitor, reason: HttpDropReason): void => {
    release(visitor);
    visitor.socket.destroy();
    visitor.onDropped(reason);
  };

  const admit = (visitor: Visitor): Connection => {
    const quietest = open.keys().next().value;
    if (open.size >= limits.connections && quietest !== undefined) drop(quietest, 'http-connections');
    const connection: Connection = { waiting: [], cancel: undefined };
    open.set(visitor, connection);
    visitor.socket.once('close', () => release(visitor));
    return connection;
  };

  /** Before a response is begun, those that wait longest to be taken make room. */
  const makeRoom = (): void => {
    let bytes = 0;
    for (const { socket } of open.keys()) bytes += socket.writableLength;
    for (const visitor of open.keys()) {
      if (bytes <= limits.responseBytes) return;
      const { writableLength } = visitor.socket;
      bytes -= writableLength;
      if (writableLength > 0) drop(visitor, 'http-response-bytes');
    }
  };

  const limitTime = (visitor: Visitor, connection: Connection): void => {
    connection.cancel ??= clock.after(limits.responseTimeout, () => drop(visitor, 'http-response-timeout'));
  };

  const begin = (visitor: Visitor, connection: Connection, response: ServerResponse, answer: () => void): void => {
    makeRoom();
    if (!open.delete(visitor)) return;
    open.set(visitor, connection);
    limitTime(visitor, connection);
    response.once('close', () => {
      connection.cancel?.();
      connection.cancel = undefined;
      const next = connection.waiting.shift();
      if (next !== undefined && open.has(visitor)) begin(visitor, connection, next.response, next.answer);
    });
    answer();
  };

  return {
    take(visitor, response, answer) {
      if (visitor.socket.destroyed) return;
      const connection = open.get(visitor) ?? admit(visitor);
      if (connection.cancel === undefined) begin(visitor, connection, response, answer);
      else if (connection.waiting.length < maxWaiting) connection.waiting.push({ response, answer });
      else drop(visitor, 'http-pipelining');
    },
    isBusy: (visitor) => open.get(visitor)?.cancel !== undefined,
    release,
    end(visitor) {
      if (!visitor.socket.destroyed) limitTime(visitor, open.get(visitor) ?? admit(visitor));
    },
  };
}
