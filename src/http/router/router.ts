import { messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { requestFailed } from '../events.ts';
import { type Answer, nothingHere, sentence } from './answer.ts';
import { levelsOf, type Parameters, pathPattern } from './path-pattern.ts';
import type { RequestHead } from './request.ts';
import type { Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';

/** A request whose body is not read yet. */
export interface RoutedRequest extends RequestHead {
  /** @returns undefined where it is larger than that; then it is not read */
  readonly readBody: (maxBytes: number) => Promise<Buffer | undefined>;
}

/** Answers a request, whatever happens. */
export type Router = (request: RoutedRequest) => Promise<Answer>;

/** A route that has the path, whatever its method. */
interface Found {
  readonly route: Route;
  readonly parameters: Parameters;
}

/**
 * Answers by a table of routes, the first that fits. Every answer, also that to a request that is refused, gets the
 * security headers, and is not to be kept unless it says otherwise.
 */
export const createRouter = (routes: readonly Route[], { events }: { readonly events: Events }): Router => {
  const table = routes.map((route) => ({ route, match: pathPattern(route.path) }));
  const find = (path: string): Found[] => {
    const levels = levelsOf(path);
    return table.flatMap(({ route, match }) => {
      const parameters = match(levels);
      return parameters === undefined ? [] : [{ route, parameters }];
    });
  };
  return async (request) => {
    const { headers, ...answer } = await answerTo(request, find, events);
    return {
      ...answer,
      headers: { 'Cache-Control': 'no-store', ...securityHeaders, ...headers, ...lengthOf(answer) },
    };
  };
};

const lengthOf = ({ body }: Pick<Answer, 'body'>): Answer['headers'] =>
  body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };

const noBody = Buffer.alloc(0);

async function answerTo(
  request: RoutedRequest,
  find: (path: string) => readonly Found[],
  events: Events,
): Promise<Answer> {
  if (!request.path.startsWith('/')) return sentence(request, 400, 'The request is malformed.');
  const found = find(request.path);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const one = found.find(({ route }) => route.method === method || route.method === '*');
  if (one === undefined) {
    const isNowhere = found.length === 0 && method === 'GET';
    return isNowhere ? nothingHere(request) : notAllowed(request, found);
  }
  try {
    return await handled(request, one);
  } catch (thrown) {
    if (!request.signal.aborted) events.emit(requestFailed, { route: request.path, reason: messageOf(thrown) });
    return sentence(request, 500, 'The broker could not answer; its log says why.');
  }
}

async function handled({ readBody, ...head }: RoutedRequest, { route, parameters }: Found): Promise<Answer> {
  const denial = await route.access(head);
  if (denial !== undefined) return sentence(head, denial.status, denial.error, denial.headers);
  const request = { ...head, parameters, body: noBody };
  if (route.body === undefined) return route.handle(request);
  const { maxBytes, tooLarge } = route.body;
  const body = await readBody(maxBytes);
  if (body !== undefined) return route.handle({ ...request, body });
  return tooLarge?.(request) ?? sentence(head, 413, `The body is larger than ${maxBytes} bytes; send less.`);
}

/** RFC 9110 15.5.6. Where there is nothing for any method, it says what is answered elsewhere. */
function notAllowed(head: RequestHead, found: readonly Found[]): Answer {
  const methods = found.length === 0 ? ['GET'] : found.map(({ route }) => route.method);
  const names = [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
  const error = `Only ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} answered here.`;
  return sentence(head, 405, error, { Allow: names.join(', ') });
}
