import type { Socket } from 'node:net';

/** Some 40 requests at most. */
const pieceBytes = 1_024;

/** The bytes of a connection on their way to Node's parser. */
export interface HttpFeed {
  /** Gives the parser nothing more. @returns what came with its last bytes, and nobody else has. */
  stop(): Buffer;
}

/**
 * Gives the parser of an http.Server, which has just taken this socket, its bytes in small pieces, and no more once the
 * socket is destroyed. A chunk of 64 KiB holds 1,700 requests, and Node makes the objects of all of them, whatever is
 * done about the first.
 */
export function feedInPieces(socket: Socket): HttpFeed {
  const parsers = socket.listeners('data');
  let isStopped = false;
  let rest: Buffer = Buffer.alloc(0);
  const feed = (chunk: Buffer): void => {
    rest = chunk;
    while (rest.length > 0 && !isStopped && !socket.destroyed) {
      if (socket.isPaused()) {
        socket.unshift(rest); // Node has paused its parser too
        return;
      }
      const piece = rest.subarray(0, pieceBytes);
      rest = rest.subarray(piece.length);
      for (const parser of parsers) parser.call(socket, piece);
    }
  };
  socket.removeAllListeners('data');
  socket.on('data', feed);
  return {
    stop() {
      isStopped = true;
      socket.removeListener('data', feed);
      return rest;
    },
  };
}
