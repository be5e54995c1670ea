import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf, systemCode } from '../../kernel/errors.ts';

export interface HttpClientOptions {
  /** Connections at a time to one server; more requests wait for one of them. */
  readonly connections: number;
  readonly timeoutMs: number;
  /** Of the body of an answer. */
  readonly maxBytes: number;
  /** PEM; undefined: the trust anchors of Node. */
  readonly ca: string | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Content type, lower-case, with its parameters; empty where there is none. */
  readonly type: string;
  readonly body: string;
}

/** Asks servers that others run: as often as it may, no longer than it may, and takes no more than it may. */
export interface HttpClient {
  /** @returns the answer, whatever its status; or the sentence that says why there is none. Redirects are not followed. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer | string>;
  /** Keeps no connection any more. Those in use serve what is under way, and do not keep the program alive. */
  close(): void;
}

/** Servers close idle connections after some seconds; ours end first. */
const idleMs = 4_000;

export function createHttpClient(
  { connections, timeoutMs, maxBytes, ca }: HttpClientOptions,
  clock: Clock,
): HttpClient {
  const pool = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections, timeout: idleMs };
  const http = new HttpAgent(pool);
  const https = new HttpsAgent({ ...pool, ...(ca === undefined ? {} : { ca }) });
  const once = (request: HttpRequest, signal: AbortSignal): Promise<Attempt> =>
    new Promise((resolve) => {
      const { method, url, headers, body } = request;
      const isSecure = url.startsWith('https:');
      const options = { method, headers, agent: isSecure ? https : http, signal };
      const outgoing = isSecure ? requestHttps(url, options) : requestHttp(url, options);
      outgoing.on('error', (error) => {
        // the server closed an idle connection just as we used it: nothing of the request was worked on
        const isStale = outgoing.reusedSocket && systemCode(error) === 'ECONNRESET';
        resolve(isStale ? 'stale' : { problem: messageOf(error) });
      });
      outgoing.on('response', (response) => {
        readBody(response, maxBytes).then(resolve, (error: unknown) => resolve({ problem: messageOf(error) }));
      });
      outgoing.end(body);
    });
  return {
    async send(request, signal) {
      const late = new AbortController();
      const cancel = clock.after(timeoutMs, () => late.abort());
      const both = AbortSignal.any([signal, late.signal]);
      try {
        let attempt = await once(request, both);
        if (attempt === 'stale') attempt = await once(request, both);
        if (late.signal.aborted) return `it did not answer within ${timeoutMs} ms`;
        if (attempt === 'stale') return 'it closed the connection';
        return 'problem' in attempt ? attempt.problem : attempt;
      } finally {
        cancel();
      }
    },
    close() {
      for (const agent of [http, https]) {
        agent.maxFreeSockets = 0;
        for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
        for (const socket of Object.values(agent.sockets).flat()) socket?.unref();
      }
    },
  };
}

type Attempt = HttpAnswer | { readonly problem: string } | 'stale';

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Attempt> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) return { problem: `its answer has more than ${maxBytes} bytes` }; // leaving ends the response
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    type: (response.headers['content-type'] ?? '').toLowerCase(),
    body: Buffer.concat(chunks).toString(),
  };
}
