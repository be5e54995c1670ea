import { Buffer } from 'node:buffer';
import type { HttpPeer } from '../../src/http/handler.ts';
import { requestTargetOf } from '../../src/http/router/request-target.ts';
import type { Route } from '../../src/http/router/route.ts';
import { createRouter } from '../../src/http/router/router.ts';
import { type Events, silentTelemetry } from '../../src/kernel/telemetry-ports.ts';

export interface WebRequest {
  readonly method?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Routes that are asked without a socket. */
export interface Web {
  /** @param peer what is another than of the usual one, 192.0.2.1 over http */
  request(path: string, request?: WebRequest, peer?: Partial<HttpPeer>): Promise<Response>;
}

export function webOf(routes: readonly Route[], events: Events = silentTelemetry.events): Web {
  const router = createRouter(routes, { events });
  return {
    async request(path, { method = 'GET', headers = {}, body = '', signal = new AbortController().signal } = {}, peer) {
      const answer = await router({
        method,
        headers,
        signal,
        ...requestTargetOf(path),
        peer: { listener: 'web', protocol: 'http', address: '192.0.2.1', port: 1, tls: undefined, ...peer },
        readBody: (maxBytes) => Promise.resolve(body.length > maxBytes ? undefined : Buffer.from(body)),
      });
      const sent = method === 'HEAD' || answer.body === undefined ? null : Buffer.from(answer.body);
      return new Response(sent, { status: answer.status, headers: { ...answer.headers } });
    },
  };
}
