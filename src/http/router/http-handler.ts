import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { ConnectionError, messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { requestFailed } from '../events.ts';
import type { HttpHandler } from '../handler.ts';
import type { Answer } from './answer.ts';
import { requestTargetOf } from './request-target.ts';
import type { Route } from './route.ts';
import { createRouter } from './router.ts';

/** Answers requests by a table of routes. */
export const createHttpHandler = (routes: readonly Route[], { events }: { readonly events: Events }): HttpHandler => {
  const router = createRouter(routes, { events });
  return (request, response, peer) => {
    const { method = '', headers, url = '' } = request;
    const head = { method, headers, peer, ...requestTargetOf(url), signal: untilGone(response) };
    router({ ...head, readBody: (maxBytes) => readBody(request, maxBytes) })
      .then((answer) => send(response, answer))
      .catch((thrown: unknown) => {
        events.emit(requestFailed, { route: head.path, reason: messageOf(thrown) });
        response.destroy();
      });
  };
};

function untilGone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished)
      controller.abort(new ConnectionError('client-failed', 'nobody waits for the answer'));
  });
  return controller.signal;
}

/** Its length is known: a request without one is refused before. What is not read, Node drops after the answer. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  return Number(request.headers['content-length'] ?? 0) > maxBytes ? undefined : await buffer(request);
}

/** To HEAD, Node sends the head alone (RFC 9110 9.3.2). */
function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (!response.destroyed) response.writeHead(status, headers).end(body);
}
