import { type ProxyReading, proxyFault } from './header.ts';
import { beginsVersion1, readVersion1 } from './version-1.ts';
import { beginsVersion2, readVersion2 } from './version-2.ts';

/** Which versions a proxy may speak. */
export type ProxyVersions = 'v1' | 'v2' | 'any';

/**
 * Reads the header that a proxy puts before what its client sends (PROXY protocol, versions 1 and 2).
 * @param bytes all that came so far
 * @returns undefined while more bytes are needed: at most 107 in version 1, and 4,096 in version 2
 */
export function readProxyHeader(bytes: Buffer, versions: ProxyVersions): ProxyReading {
  if (bytes.length === 0) return undefined;
  if (versions !== 'v2' && beginsVersion1(bytes)) return readVersion1(bytes);
  if (versions !== 'v1' && beginsVersion2(bytes)) return readVersion2(bytes);
  return proxyFault(
    versions === 'any' ? 'is missing' : `of version ${versions.slice(1)} is missing (listeners[].proxy.protocol)`,
  );
}

/** Whether bytes are the beginning of a header of either version; undefined while that cannot be told. */
export function isProxyHeader(bytes: Buffer): boolean | undefined {
  if (!beginsVersion1(bytes) && !beginsVersion2(bytes)) return false;
  return bytes.length >= 6 ? true : undefined;
}
