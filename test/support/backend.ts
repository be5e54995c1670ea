import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A server of somebody else, on a free port of 127.0.0.1. */
export interface Backend extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly sockets: ReadonlySet<Socket>;
  /** Ends it with all its connections; the port is free then. */
  stop(): Promise<void>;
}

/** @param make for another kind of server */
export async function startBackend(
  answer: RequestListener,
  make: (answer: RequestListener) => Server = createServer,
): Promise<Backend> {
  const server = make(answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, sockets, stop, [Symbol.asyncDispose]: stop };
}

/** Answers with JSON. */
export const json =
  (status: number, body: unknown): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
