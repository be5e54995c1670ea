import type { IncomingHttpHeaders } from 'node:http';
import { messageOf, systemCode } from '../../kernel/errors.ts';
import { printable, shown } from '../../kernel/printable.ts';
import { hostOfHeader } from './host-header.ts';
import { nodeLimits } from './node-limits.ts';

/** Why a request is refused: a label with few values, for counters. */
export type RequestRefusalReason = 'bad-http-request' | 'http-host' | 'http-body';

/** A refused request: what is answered, and what the log says. */
export interface RequestRefusal {
  readonly status: 400 | 408 | 411 | 413 | 421 | 431;
  readonly reason: RequestRefusalReason;
  /** A sentence for the operator, and for the client. */
  readonly detail: string;
}

export interface RequestRules {
  /** Name of the listener, for sentences that say where a setting belongs. */
  readonly listener: string;
  readonly isOwnHost: (host: string) => boolean;
  /** Largest body of a request in bytes. */
  readonly bodySize: number;
}

/** A request begins with its method (RFC 9112 3). */
export function beginsRequest(firstByte: number | undefined): boolean {
  const lower = (firstByte ?? 0) | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Puts a request that could not be read into words. @returns undefined where it was none: something else is spoken */
export function unreadable(error: Error, firstByte: number | undefined): RequestRefusal | undefined {
  const code = systemCode(error);
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: 431, reason: 'bad-http-request', detail: `a request head over ${nodeLimits.maxHeaderSize} bytes` };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, reason: 'bad-http-request', detail: 'a request that did not arrive in time' };
  if (!beginsRequest(firstByte)) return undefined;
  return { status: 400, reason: 'bad-http-request', detail: `a malformed request: ${printable(messageOf(error))}` };
}

/** A plain request. HTTP/1.0 has no `Host`; browsers always send one. @returns undefined when it may be answered. */
export function refuseRequest(headers: IncomingHttpHeaders, rules: RequestRules): RequestRefusal | undefined {
  const { host, 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (host !== undefined && !isOwnHostHeader(host, rules))
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

/** Something follows the head (RFC 9112 6). Who sends it may be at it while the answer comes. */
export const hasBody = ({ 'content-length': length, 'transfer-encoding': encoding }: IncomingHttpHeaders): boolean =>
  encoding !== undefined || Number(length ?? 0) > 0;

export function isOwnHostHeader(header: string, { isOwnHost }: Pick<RequestRules, 'isOwnHost'>): boolean {
  const host = hostOfHeader(header);
  return host !== undefined && isOwnHost(host);
}
