import { dialable, formatSocketAddress, type SocketAddress } from '../kernel/address.ts';
import type { ListenerOptions } from './schema.ts';

/** Everything a listener can be reached by from this machine; `mqtts://127.0.0.1:8883`, `wss://127.0.0.1:8084/mqtt`, ... */
export function urlsOf(
  { tls, accept, path }: Pick<ListenerOptions, 'tls' | 'accept' | 'path'>,
  address: SocketAddress,
): string[] {
  const host = formatSocketAddress(dialable(address));
  const suffixes = tls === 'off' ? [''] : tls === 'auto' ? ['', 's'] : ['s'];
  const each = (scheme: string, tail: string): string[] => suffixes.map((s) => `${scheme}${s}://${host}${tail}`);
  return [
    ...(accept.includes('mqtt') ? each('mqtt', '') : []),
    ...(accept.includes('websocket') ? each('ws', path) : []),
    ...(accept.includes('http') ? each('http', '/') : []),
  ];
}
