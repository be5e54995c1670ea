import { createServer, type Server } from 'node:net';
import { type SocketAddress } from '../kernel/address.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { bind } from './bind.ts';
import { floodNotice } from './flood-notice.ts';
import { type ListenerDeps } from './listener-deps.ts';
import { Reception } from './reception.ts';
import type { ListenerOptions } from './schema.ts';
import { urlsOf } from './urls.ts';

export type { ListenerDeps } from './listener-deps.ts';

/** One port and all connections that came through it. */
export interface TransportListener extends Component {
  /** As configured; in log lines and in `Peer.listener`. */
  readonly name: string;
  /** The bound address; before `start` the configured one. */
  address(): SocketAddress;
  /** What it can be reached by, for the ready line: `["wss://127.0.0.1:8084/mqtt", "https://127.0.0.1:8084/"]`. */
  urls(): string[];
  /** Connections past the handshake: links and HTTP. */
  connections(): number;
  /** Connections in the handshake, at most `maxPending`. */
  pending(): number;
}

/**
 * One kind of listener for every way in:
 *
 *     createListener({ name: 'everything', tls: 'auto', accept: ['mqtt', 'websocket', 'http'], ... })(deps)
 *
 * serves mqtt, mqtts, ws, wss, http and https on one port. MQTT connections and WebSockets become links for
 * `deps.accept`, other requests go to `deps.http`.
 *
 * `start` throws StartError: `port-in-use`, `bind-failed`, or `start-failed` where certificates are missing.
 */
export function createListener(options: ListenerOptions): (deps: ListenerDeps) => TransportListener {
  return (deps) => {
    let server: Server | undefined;
    let stopped = Promise.resolve();
    let bound = options.bind;
    const urls = (): string[] => urlsOf(options, bound);
    const reception = new Reception(options, deps, urls);
    return {
      name: options.name,
      address: () => bound,
      urls,
      connections: () => reception.connections,
      pending: () => reception.pending,
      async start(signal) {
        signal.throwIfAborted();
        reception.start();
        const { tcpKeepAlive } = options;
        const starting = createServer(
          { noDelay: true, keepAlive: tcpKeepAlive > 0, keepAliveInitialDelay: tcpKeepAlive },
          (socket) => reception.receive(socket),
        );
        server = starting;
        bound = await bind(starting, options.bind, options.name);
        starting.on('error', noteAcceptErrors(options.name, deps));
      },
      stop(deadline) {
        const closing = server;
        server = undefined;
        if (closing !== undefined) stopped = closeOf(closing);
        reception.stop();
        return cutOffAt(deadline, stopped, () => reception.destroyAll('the broker stopped'));
      },
    };
  };
}

/** Waits for the connections to end; those that are left at the deadline are destroyed. */
async function cutOffAt(deadline: AbortSignal, closed: Promise<void>, destroyAll: () => void): Promise<void> {
  if (deadline.aborted) destroyAll();
  else deadline.addEventListener('abort', destroyAll, { once: true });
  await closed;
  deadline.removeEventListener('abort', destroyAll);
}

/** Stops accepting at once. @returns when the last connection is closed. */
const closeOf = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** A connection that cannot be accepted, mostly for want of file descriptors, does not end the listener. */
function noteAcceptErrors(listener: string, { clock, telemetry }: ListenerDeps): (error: Error) => void {
  const note = floodNotice<string>(clock, (message, count) =>
    telemetry.logger.log('error', `listener ${listener}: cannot accept connections (${count} times): ${message}`),
  );
  return (error) => note(messageOf(error), '');
}
