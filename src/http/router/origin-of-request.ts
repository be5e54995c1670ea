import { isLoopback } from '../../kernel/address.ts';
import { hostOfHeader } from '../server/host-header.ts';
import type { RequestHead } from './request.ts';

/** What a proxy adds to a request that it passes on. */
const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

/**
 * A proxy passes the request on: it comes from somebody else than the address says. One on this machine has an address of
 * this machine for the whole world; it shows by the headers that proxies add, or by a `Host` that is a name in the world.
 */
export function isForwarded({ headers, peer }: RequestHead): boolean {
  return (
    forwardingHeaders.some((name) => headers[name] !== undefined) ||
    (isLoopback(peer.address) && headers.host !== undefined && !isLoopbackHost(headers.host))
  );
}

/** A program on this machine asks. */
export const isFromThisMachine = (request: RequestHead): boolean =>
  isLoopback(request.peer.address) && !isForwarded(request);

function isLoopbackHost(header: string): boolean {
  const host = hostOfHeader(header);
  return host !== undefined && isLoopback(host.replace(/^\[(.*)\]$/, '$1'));
}
