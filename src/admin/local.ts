import { isLoopback } from '../kernel/address.ts';
import type { AdminContext } from './http.ts';

const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** It comes from this machine; what a proxy passes on counts as another machine's. */
export function isLocal(context: AdminContext): boolean {
  const address = context.env?.incoming?.socket.remoteAddress;
  if (address === undefined || !isLoopback(address)) return false;
  return proxyHeaders.every((name) => context.req.header(name) === undefined);
}

/** For the log. */
export const peerOf = (context: AdminContext): string =>
  context.env?.incoming?.socket.remoteAddress ?? 'an unknown peer';
