import { createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress } from '../kernel/address.ts';
import { listen } from '../kernel/listen.ts';

/** An address that is listened on. Who takes its connections may change; it accepts meanwhile. */
export interface Port {
  /** The bound address; before `listen` the configured one. */
  address(): SocketAddress;
  /** @throws StartError `port-in-use`, `bind-failed`, `start-aborted` */
  listen(signal?: AbortSignal): Promise<void>;
  /** Accepts nothing more from now on. @returns when the last of its connections is closed */
  close(): Promise<void>;
}

export interface PortOptions {
  readonly wanted: SocketAddress;
  /** Name of the listener, for errors. */
  readonly listener: string;
  readonly receive: (socket: Socket) => void;
  /** A connection could not be accepted, mostly for want of file descriptors; that does not end the port. */
  readonly onError: (error: Error) => void;
}

const listening = {
  setting: '`bind` of this listener',
  ifInUse: ' by another program; stop it or change `bind` of this listener',
  backlog: 4_096,
} as const;

export function createPort({ wanted, listener, receive, onError }: PortOptions): Port {
  let server: Server | undefined;
  let bound = wanted;
  let closed = Promise.resolve();
  return {
    address: () => bound,
    async listen(signal) {
      const starting = createServer({ noDelay: true }, receive);
      server = starting;
      bound = await listen(starting, { ...listening, address: bound, name: `listener ${listener}` }, signal);
      starting.on('error', onError);
    },
    close() {
      const closing = server;
      server = undefined;
      if (closing !== undefined) closed = new Promise((resolve) => closing.close(() => resolve()));
      return closed;
    },
  };
}
