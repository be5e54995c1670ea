import { once } from 'node:events';
import type { Server } from 'node:net';
import { formatSocketAddress, type SocketAddress } from '../kernel/address.ts';
import { messageOf, StartError, systemCode } from '../kernel/errors.ts';

/** Connections that the kernel completes before we take them. */
const backlog = 4_096;

/**
 * Listens.
 * @throws StartError `port-in-use` or `bind-failed`, saying what to do; `start-aborted` when the server is closed meanwhile.
 */
export async function bind(server: Server, address: SocketAddress, listener: string): Promise<SocketAddress> {
  const settled = new AbortController(); // takes the listeners away that are not needed any more
  const { signal } = settled;
  const listening = once(server, 'listening', { signal }); // rejects when there is an error
  const closed = once(server, 'close', { signal }).then(() => {
    throw new StartError('start-aborted', `listener ${listener}: stopped while it started`);
  });
  server.listen({ host: address.host, port: address.port, backlog });
  try {
    await Promise.race([listening, closed]);
  } catch (error) {
    throw error instanceof StartError ? error : bindError(error, address, listener);
  } finally {
    settled.abort();
  }
  const bound = server.address();
  if (bound === null || typeof bound === 'string')
    throw new StartError('bind-failed', `listener ${listener}: no address`);
  return { host: bound.address, port: bound.port };
}

function bindError(error: unknown, address: SocketAddress, listener: string): StartError {
  const where = formatSocketAddress(address);
  const code = systemCode(error);
  const options = { cause: error, details: { listener, address: where } };
  const say = (text: string): string => `listener ${listener}: ${text}`;
  if (code === 'EADDRINUSE')
    return new StartError(
      'port-in-use',
      say(`${where} is in use by another program; stop it or change \`bind\` of this listener`),
      options,
    );
  if (code === 'EACCES')
    return new StartError(
      'bind-failed',
      say(`no permission to listen on ${where}; take a port from 1024 on, or give the program CAP_NET_BIND_SERVICE`),
      options,
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAFNOSUPPORT')
    return new StartError(
      'bind-failed',
      say(`${address.host} is no address of this machine; use one of its own, 127.0.0.1, 0.0.0.0 or [::]`),
      options,
    );
  return new StartError('bind-failed', say(`cannot listen on ${where}: ${messageOf(error)}`), options);
}
