import type { IncomingHttpHeaders } from 'node:http';
import { type Refusal, shown } from '../refusal.ts';
import { hostOfHeader, originOf } from './host-header.ts';

/** A refused request: what is answered, and what the log says. */
export interface RequestRefusal extends Refusal {
  readonly status: 403 | 411 | 413 | 421;
}

export interface HttpRules {
  /** Name of the listener, for sentences that say where a setting belongs. */
  readonly listener: string;
  readonly isOwnHost: (host: string) => boolean;
  /** Of `listeners[].origins`. */
  readonly origins: readonly string[];
  /** Largest body of a request in bytes. */
  readonly bodySize: number;
}

/** A plain request. HTTP/1.0 has no `Host`; browsers always send one. @returns undefined when it may be answered. */
export function refuseRequest(headers: IncomingHttpHeaders, rules: HttpRules): RequestRefusal | undefined {
  const { host, 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (host !== undefined && !isOwn(host, rules))
    return {
      status: 421,
      reason: 'http-host',
      detail: `a request for the host "${shown(host)}", which is no name or address of this broker; if it should be, add it to hosts of listener "${rules.listener}"`,
    };
  if (encoding !== undefined)
    return { status: 411, reason: 'http-body', detail: 'a request body without Content-Length' };
  if (Number(length ?? 0) > rules.bodySize)
    return {
      status: 413,
      reason: 'http-body',
      detail: `a request body of ${shown(length ?? '')} bytes; http.bodySize of listener "${rules.listener}" allows ${rules.bodySize}`,
    };
  return undefined;
}

/**
 * An upgrade to WebSocket. A browser lets every page connect everywhere and says which page it is, so this is where one
 * page cannot use what another may (RFC 6455 10.2); programs that are no browsers send no `Origin`.
 * @returns undefined when it may go on.
 */
export function refuseOrigin(
  { origin, host = '' }: IncomingHttpHeaders,
  isSecure: boolean,
  rules: HttpRules,
): RequestRefusal | undefined {
  if (origin === undefined || rules.origins.includes('*') || rules.origins.includes(origin)) return undefined;
  const asked = originOf(origin);
  if (asked !== undefined && rules.origins.includes(asked)) return undefined;
  const isSame = asked !== undefined && asked === originOf(`${isSecure ? 'https' : 'http'}://${host}`);
  if (isSame && isOwn(host, rules)) return undefined;
  const why = isSame ? 'whose host is no name or address of this broker' : 'which is another origin';
  return {
    status: 403,
    reason: 'websocket-origin',
    detail: `a WebSocket from the page "${shown(origin)}", ${why}; if it may connect, add it to origins of listener "${rules.listener}"`,
  };
}

function isOwn(header: string, { isOwnHost }: HttpRules): boolean {
  const host = hostOfHeader(header);
  return host !== undefined && isOwnHost(host);
}
