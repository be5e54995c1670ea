/** What a host may not hold, so that no part of a URL passes for it. */
const authority = /^[^/?#@\\\s*]+$/;

/**
 * The host that a `Host` header or a setting names: lower case, without port, an IPv6 address in brackets in its
 * shortest form. @returns undefined where it names none.
 */
export function hostOfHeader(text: string): string | undefined {
  const url = authority.test(text) ? `http://${bracketed(text)}` : '';
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

/** An IPv6 address may stand in a setting without brackets. */
const bracketed = (text: string): string => (/^[0-9a-f]*:[0-9a-f.]*:[0-9a-f:.]*$/i.test(text) ? `[${text}]` : text);

/** Scheme, host and port as browsers write them (RFC 6454 6.2). @returns undefined where it is no origin. */
export function originOf(text: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\\\s*]+)$/i.exec(text);
  if (match === null || !URL.canParse(text)) return undefined;
  const { origin } = new URL(text);
  return origin === 'null' ? text.toLowerCase() : origin; // chrome-extension://… and the like
}
