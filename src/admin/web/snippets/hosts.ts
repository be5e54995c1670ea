export const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::';
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** The host to write for a bound address: a name where there is one, because the certificate is made for names. */
export function reachableHost(bound: string, pageHost: string): string {
  if (isLoopback(bound)) return 'localhost';
  const page = unbracketed(pageHost);
  if (!isLoopback(page)) return page;
  return isEverywhere(bound) ? 'localhost' : bound;
}

export const unbracketed = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
