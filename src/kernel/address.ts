import { isIPv4, isIPv6 } from 'node:net';

/** A host and port to listen on. */
export interface SocketAddress {
  readonly host: string;
  /** 0 to 65535; 0 takes a free port. */
  readonly port: number;
}

/** Parses `host:port` and `[ipv6]:port`. @returns the address, or the sentence that says what is wrong. */
export function parseSocketAddress(text: string): SocketAddress | string {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text.trim());
  if (match === null) return `"${text}" is not an address; write host:port, e.g. 127.0.0.1:8883 or [::1]:8883`;
  const port = Number(match[3]);
  if (port > 65_535) return `port ${match[3]} is out of range; use 0 to 65535 (0 takes a free port)`;
  const v6 = match[1];
  if (v6 !== undefined && !isIPv6(v6)) return `"${v6}" is not an IPv6 address`;
  return { host: v6 ?? match[2] ?? '', port };
}

export const formatSocketAddress = ({ host, port }: SocketAddress): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

/** The address to connect to from this machine: `0.0.0.0` and `::` are all of them and none to dial. */
export function dialable({ host, port }: SocketAddress): SocketAddress {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}

const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** Whether two cannot be listened on at once: `0.0.0.0` and `::` are every address, port 0 is a free one. */
export const overlaps = (a: SocketAddress, b: SocketAddress): boolean =>
  a.port !== 0 && a.port === b.port && (a.host === b.host || isEverywhere(a.host) || isEverywhere(b.host));

/** True for addresses that only this machine reaches: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(host: string): boolean {
  const plain = host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host;
  if (isIPv4(plain)) return plain.startsWith('127.');
  return plain === '::1' || plain.toLowerCase() === 'localhost';
}
