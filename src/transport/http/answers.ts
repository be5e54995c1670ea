import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { messageOf, systemCode } from '../../kernel/errors.ts';
import { speechOf } from '../first-byte.ts';
import { misfit, printable, type Refusal } from '../refusal.ts';
import { plainResponse } from './plain-response.ts';
import type { RequestRefusal } from './refusals.ts';

/** Limits that Node keeps. */
export const nodeLimits = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
} as const;

/** Who is told of a refusal, beside the client. */
interface Refused {
  onRefused(refusal: Refusal): void;
}

/** @param status 0 closes without an answer: the other end does not speak HTTP. */
export function refuseSocket(
  socket: Duplex,
  visit: Refused | undefined,
  refusal: Refusal,
  status: number,
  headers?: Readonly<Record<string, string>>,
): void {
  socket.on('error', () => undefined);
  visit?.onRefused({ reason: refusal.reason, detail: refusal.detail });
  if (status === 0 || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(plainResponse(status, `Refused: ${refusal.detail}.`, headers));
  socket.resume(); // or the end of the client's side would never be seen
}

/** Puts a failed request into words; the first bytes tell what came instead of HTTP. */
export function requestRefusal(error: Error): Refusal & { readonly status: number } {
  const packet = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : undefined;
  const code = systemCode(error);
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: 431, reason: 'bad-http-request', detail: `a request head over ${nodeLimits.maxHeaderSize} bytes` };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, reason: 'bad-http-request', detail: 'a request that did not arrive in time' };
  if (speechOf(packet?.[0]) !== 'http') return { status: 0, ...misfit(packet?.[0]) };
  return { status: 400, reason: 'bad-http-request', detail: `a malformed request: ${printable(messageOf(error))}` };
}

export function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

export function answerRefusal(
  response: ServerResponse,
  visit: Refused,
  { status, reason, detail }: RequestRefusal,
): void {
  visit.onRefused({ reason, detail });
  response.setHeader('Connection', 'close');
  answer(response, status, `Refused: ${detail}.`);
}

export function answerUpgradeRequired(response: ServerResponse, path: string): void {
  response.setHeader('Upgrade', 'websocket');
  response.setHeader('Connection', 'Upgrade, close');
  answer(
    response,
    426,
    `Here is MQTT over WebSocket, at ${path}, subprotocol "mqtt". A browser page cannot be had here.`,
  );
}
