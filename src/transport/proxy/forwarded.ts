import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Peer } from '../../broker/ports.ts';
import { type Networks, networksOf } from '../../kernel/network-map.ts';
import { withoutMapping } from '../../kernel/networks.ts';
import type { ProxyOptions } from './schema.ts';

/** Stands where nobody says who it is: it is nobody's address, this machine's neither. */
export const unknownAddress = '0.0.0.0';

/** The peer of a request: the one that a trusted proxy asks for, else the one that is connected. */
export type ForwardedPeer = <P extends Omit<Peer, 'protocol'>>(request: IncomingMessage, peer: P) => P;

export function forwardedPeer(options: ProxyOptions | undefined): ForwardedPeer {
  if (options === undefined || options.forwarded === 'none') return (_request, peer) => peer;
  const { forwarded } = options;
  const proxies = networksOf(options.from);
  return ({ headers }, peer) =>
    proxies.has(peer.address)
      ? { ...peer, address: forwardedAddress(headers, forwarded, proxies), port: 0, via: peer.address }
      : peer;
}

type ForwardedHeader = Exclude<ProxyOptions['forwarded'], 'none'>;

/**
 * The client that a trusted proxy asks for. Of `X-Forwarded-For` each proxy writes the last entry, so that it is read
 * from there: what stands before the first that none of ours wrote may be invented.
 * @returns `unknownAddress` where it is not said, or not in the form of an address
 */
function forwardedAddress(headers: IncomingHttpHeaders, header: ForwardedHeader, proxies: Networks): string {
  const value = headers[header];
  const entries = (typeof value === 'string' ? value : '').split(',').toReversed();
  for (const [index, entry] of entries.entries()) {
    const address = addressIn(entry.trim());
    if (address === undefined) return unknownAddress;
    const isLast = index === entries.length - 1;
    if (header === 'x-real-ip') return isLast ? address : unknownAddress;
    if (isLast || !proxies.has(address)) return address;
  }
  return unknownAddress;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`. */
function addressIn(entry: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+)(?::\d+)?)$/.exec(entry) ?? [];
  const address = bracketed ?? plain ?? entry;
  return isIP(address) === 0 || address.includes('%') ? undefined : withoutMapping(address.toLowerCase());
}
