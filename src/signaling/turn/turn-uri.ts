import { isIP } from 'node:net';

const example = 'write e.g. turn:turn.example.com:3478?transport=udp';
const longestHost = 255;

/**
 * What is wrong with a URI of a TURN or STUN server, as a sentence that goes on with what is allowed; undefined: nothing.
 * RFC 7065 3.1 and RFC 7064 3.1: `scheme:host`, a port, and for TURN a transport; no `//`, no user, no path.
 */
export function turnUriProblem(text: string): string | undefined {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/.exec(text) ?? [];
  if (!/^(turns?|stuns?)$/.test(scheme))
    return `"${text}" begins with none of turn:, turns:, stun:, stuns:; ${example}`;
  if (rest.startsWith('//')) return `"${text}" has //, which these URIs have not; ${example}`;
  const parts = /^(?:\[([^\][]*)\]|([^:?[\]@/#]*))(?::([0-9]*))?(?:\?(.*))?$/.exec(rest);
  if (parts === null) return `"${text}" is no host with a port; ${example}`;
  const [, ipv6, name = '', port, query] = parts;
  if (ipv6 === undefined ? !isHostName(name) : isIP(ipv6) !== 6) return `"${text}" has no readable host; ${example}`;
  if (port !== undefined && !isPort(port)) return `"${text}" has no readable port; use 1 to 65535`;
  if (query === undefined) return undefined;
  if (scheme.startsWith('stun')) return `"${text}" has a transport, which only turn: and turns: have; leave it out`;
  return /^transport=(udp|tcp)$/.test(query)
    ? undefined
    : `"${text}" ends in ?${query}; use ?transport=udp or ?transport=tcp`;
}

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;

/** A name of DNS, or an IPv4 address, which looks like one. */
const isHostName = (text: string): boolean =>
  text.length <= longestHost &&
  text.split('.').every((label) => /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label)) &&
  (!/^[\d.]+$/.test(text) || isIP(text) === 4);
