import type { Server } from 'node:net';
import { formatSocketAddress, type SocketAddress } from '../kernel/address.ts';
import { messageOf, StartError, systemCode } from '../kernel/errors.ts';

/** Resolves once the server accepts connections. @throws StartError that says what to do. */
export async function listen(server: Server, bind: SocketAddress, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const settle = (finish: () => void) => {
      server.removeListener('error', onError);
      server.removeListener('close', onClose);
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    const onError = (cause: Error) => settle(() => reject(startError(bind, cause)));
    const onClose = () =>
      settle(() => reject(new StartError('start-aborted', 'NATS hub: stopped before it could listen')));
    const onAbort = () => server.close();
    server.once('error', onError);
    server.once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    server.listen({ host: bind.host, port: bind.port, backlog: 1_024 }, () => settle(resolve));
  });
}

/** The address a listening server really has. */
export function boundAddress(server: Server, otherwise: SocketAddress): SocketAddress {
  const address = server.address();
  return address === null || typeof address === 'string' ? otherwise : { host: address.address, port: address.port };
}

function startError(bind: SocketAddress, cause: Error): StartError {
  const address = formatSocketAddress(bind);
  return systemCode(cause) === 'EADDRINUSE'
    ? new StartError(
        'port-in-use',
        `NATS hub: ${address} is in use; is another nats-server running? Stop it, set nats.hub.bind, or use it with nats.servers`,
        { cause },
      )
    : new StartError('bind-failed', `NATS hub: cannot listen on ${address}: ${messageOf(cause)}; set nats.hub.bind`, {
        cause,
      });
}
