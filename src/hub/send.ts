import type { Socket } from 'node:net';
import type { Send } from './writer.ts';

/** Hands batches to a socket with one system call each. */
export function sendTo(socket: Socket): Send {
  return (batch, done) => {
    // A batch that failed is not reported: its blocks may still be in use, and the socket is closing.
    const sent = (error?: Error | null) => {
      if (error === undefined || error === null) done();
    };
    if (batch.length === 1) {
      socket.write(batch[0]!, sent);
      return;
    }
    socket.cork();
    for (const [index, part] of batch.entries())
      if (index === batch.length - 1) socket.write(part, sent);
      else socket.write(part);
    socket.uncork();
  };
}
