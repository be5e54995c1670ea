import { isIPv4, isIPv6 } from 'node:net';
import { type ProxyHeader, type ProxyReading, type ProxySource, proxyFault } from './header.ts';

/** With the end of the line. (PROXY protocol 2.1) */
const longestVersion1 = 107;

const start = Buffer.from('PROXY ');

export const beginsVersion1 = (bytes: Buffer): boolean => {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
};

/** Reads `PROXY TCP4 192.0.2.1 198.51.100.1 51000 1883\r\n`. @param bytes that begin like one */
export function readVersion1(bytes: Buffer): ProxyReading {
  const end = bytes.subarray(0, longestVersion1).indexOf('\r\n');
  if (end === -1)
    return bytes.length >= longestVersion1 ? proxyFault(`has no end within ${longestVersion1} bytes`) : undefined;
  const source = sourceOf(bytes.toString('latin1', start.length, end));
  return source === undefined
    ? proxyFault('is not a line of the form PROXY TCP4|TCP6|UNKNOWN with two addresses and two ports')
    : headerOf(end + 2, source);
}

const headerOf = (length: number, source: ProxySource): ProxyHeader => ({
  kind: 'header',
  length,
  source,
  tls: undefined,
});

function sourceOf(text: string): ProxySource | undefined {
  if (text === 'UNKNOWN' || text.startsWith('UNKNOWN ')) return { kind: 'unknown' };
  const [family, from = '', to = '', fromPort = '', toPort = '', ...more] = text.split(' ');
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  if (isAddress === undefined || more.length > 0 || !isAddress(from) || !isAddress(to)) return undefined;
  if (from.includes('%') || !isPort(fromPort) || !isPort(toPort)) return undefined;
  return { kind: 'client', address: from, port: Number(fromPort) };
}

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
