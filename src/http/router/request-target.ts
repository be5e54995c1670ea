import type { RequestHead } from './request.ts';

/** Path and query of a request (RFC 9112 3.2); the path is empty where it is malformed. */
export function requestTargetOf(url: string): Pick<RequestHead, 'path' | 'query'> {
  const [, path = '', query] = /^(?:https?:\/\/[^/?#]*)?(\/[^?#\\]*)(?:\?([^#]*))?(?:#.*)?$/i.exec(url) ?? [];
  return { path, query: new URLSearchParams(query) };
}
