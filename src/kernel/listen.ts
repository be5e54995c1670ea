import { once } from 'node:events';
import type { Server } from 'node:net';
import { formatSocketAddress, type SocketAddress } from './address.ts';
import { messageOf, StartError, systemCode } from './errors.ts';

export interface ListenOptions {
  readonly address: SocketAddress;
  /** Who wants to listen, as messages begin: `listener tcp`. */
  readonly name: string;
  /** The setting that holds the address, as messages name it. */
  readonly setting: string;
  /** Follows `... is in use`: what to do then. */
  readonly ifInUse: string;
  /** Connections that the kernel completes before they are taken. */
  readonly backlog: number;
}

/**
 * Listens.
 * @param signal closes the server, while it does not listen yet
 * @returns the address with the port that the system chose
 * @throws StartError `port-in-use` or `bind-failed`, saying what to do; `start-aborted` when the server is closed meanwhile
 */
export async function listen(server: Server, options: ListenOptions, signal?: AbortSignal): Promise<SocketAddress> {
  signal?.throwIfAborted();
  const { address, name, backlog } = options;
  const settled = new AbortController(); // takes the listeners away that are not needed any more
  const until = { signal: settled.signal };
  const listening = once(server, 'listening', until); // rejects when there is an error
  const closed = once(server, 'close', until).then(() => {
    throw new StartError('start-aborted', `${name}: stopped while it started`);
  });
  signal?.addEventListener('abort', () => server.close(), { ...until, once: true });
  server.listen({ host: address.host, port: address.port, backlog });
  try {
    await Promise.race([listening, closed]);
  } catch (error) {
    throw error instanceof StartError ? error : listenError(error, options);
  } finally {
    settled.abort();
  }
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new StartError('bind-failed', `${name}: no address`);
  return { host: bound.address, port: bound.port };
}

function listenError(cause: unknown, { address, name, setting, ifInUse }: ListenOptions): StartError {
  const where = formatSocketAddress(address);
  const code = systemCode(cause);
  const options = { cause, details: { listener: name, address: where } };
  if (code === 'EADDRINUSE') return new StartError('port-in-use', `${name}: ${where} is in use${ifInUse}`, options);
  return new StartError('bind-failed', `${name}: ${bindProblem(code, cause, address, setting)}`, options);
}

function bindProblem(code: string | undefined, cause: unknown, address: SocketAddress, setting: string): string {
  const where = formatSocketAddress(address);
  if (code === 'EACCES')
    return `no permission to listen on ${where}; take a port from 1024 on, or give the program CAP_NET_BIND_SERVICE`;
  const isElsewhere =
    code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAFNOSUPPORT';
  return isElsewhere
    ? `cannot listen on ${where}: ${address.host} is no address of this machine; use one of its own, 127.0.0.1, 0.0.0.0 or [::]`
    : `cannot listen on ${where}: ${messageOf(cause)}; change ${setting}`;
}
