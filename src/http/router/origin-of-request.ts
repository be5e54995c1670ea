import { isLoopback } from '../../kernel/address.ts';
import { hostOfHeader } from '../server/host-header.ts';
import type { RequestHead } from './request.ts';

/** What a proxy adds to a request that it passes on. */
const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

/**
 * A proxy passes the request on. One on this machine has an address of this machine for the whole world; where the listener
 * does not know it, it shows by the headers that proxies add, or by a `Host` that is a name in the world.
 */
function isForwarded({ headers, peer }: RequestHead): boolean {
  return (
    peer.via !== undefined ||
    forwardingHeaders.some((name) => headers[name] !== undefined) ||
    (isLoopback(peer.address) && headers.host !== undefined && !isLoopbackHost(headers.host))
  );
}

/**
 * The address of whoever asks; undefined where only a proxy knows it, and the listener has no reason to believe that one
 * (`listeners[].proxy`).
 */
export const addressOf = (request: RequestHead): string | undefined =>
  isForwarded(request) && request.peer.via === undefined ? undefined : request.peer.address;

/** A program on this machine asks, without a proxy. */
export const isFromThisMachine = (request: RequestHead): boolean =>
  isLoopback(request.peer.address) && !isForwarded(request);

function isLoopbackHost(header: string): boolean {
  const host = hostOfHeader(header);
  return host !== undefined && isLoopback(host.replace(/^\[(.*)\]$/, '$1'));
}
