import type { IncomingHttpHeaders } from 'node:http';
import type { HttpPeer } from '../handler.ts';

/** What is asked for: the head of a request. */
export interface RequestHead {
  readonly method: string;
  /** As it stands in the request, from the first slash to the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly peer: HttpPeer;
  /** Aborted when nobody waits for the answer any more: the client is gone, or a limit has closed its connection. */
  readonly signal: AbortSignal;
}
