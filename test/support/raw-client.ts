import { EventEmitter, once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { hex } from './packet-bytes.ts';

/** A socket that speaks bytes: what it received so far, and promises for more. */
export interface RawClient extends AsyncDisposable {
  readonly socket: Socket;
  /** @param data bytes, or their hexadecimal digits as they stand in the specification. */
  write(data: string | Uint8Array): void;
  received(): Buffer;
  /** Resolves when at least `count` bytes came; rejects when the peer closes before. */
  receive(count: number): Promise<Buffer>;
  /** Resolves when the broker closed the connection. */
  readonly closed: Promise<void>;
}

export function rawClientOn(socket: Socket): RawClient {
  const chunks: Buffer[] = [];
  const arrivals = new EventEmitter(); // apart from the socket, whose errors would end a wait
  let size = 0;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    arrivals.emit('received');
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const received = (): Buffer => Buffer.concat(chunks);
  return {
    socket,
    closed,
    received,
    write: (data) => void socket.write(typeof data === 'string' ? hex(data) : data),
    async receive(count) {
      while (size < count) {
        const outcome = await Promise.race([once(arrivals, 'received'), closed.then(() => 'closed' as const)]);
        if (outcome === 'closed' && size < count)
          throw new Error(`closed after ${size} of ${count} bytes: ${received().toString('hex')}`);
      }
      return received();
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

/** Connects over plain tcp. */
export async function rawClient(port: number): Promise<RawClient> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return rawClientOn(socket);
}

/** CONNECT of MQTT 3.1.1 with the client identifier `a`, clean session, no keep alive; the one of the documents. */
export const connectA = '10 0d 00 04 4d 51 54 54 04 02 00 00 00 01 61';
/** The CONNACK that answers it. */
export const connackAccepted = '20 02 00 00';
