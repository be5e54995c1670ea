import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { plainResponse } from './plain-response.ts';
import type { RequestRefusal } from './refusals.ts';

/** What is answered to what is refused. */
export interface RefusalAnswer {
  readonly status: number;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Answers on a connection whose parser is gone, and closes our side of it. What the client still sends is thrown away
 * until it closes its own (RFC 9112 9.6): with bytes unread the system would reset the connection, and the answer with it.
 */
export function refuseSocket(socket: Duplex, { status, detail, headers }: RefusalAnswer): void {
  socket.on('error', () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(plainResponse(status, `Refused: ${detail}.`, headers));
  socket.resume();
}

export function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

export function answerRefusal(response: ServerResponse, { status, detail }: RequestRefusal): void {
  response.setHeader('Connection', 'close');
  answer(response, status, `Refused: ${detail}.`);
}
