import { EventEmitter, once } from 'node:events';
import { createConnection } from 'node:net';

/** A client that speaks the protocol by hand, in latin1: one character a byte. */
export interface NatsRawClient extends AsyncDisposable {
  /** What the server said of itself. */
  readonly info: Readonly<Record<string, unknown>>;
  send(latin1: string): void;
  /** Sends, then PING. @returns all that came before its PONG; rejects when the server closes. */
  exchange(latin1: string): Promise<string>;
  /** Sends. @returns all that came until the server closed. */
  untilClosed(latin1: string): Promise<string>;
  /** Resolves with what came up to and including `text`. */
  waitFor(text: string): Promise<string>;
  pause(): void;
  resume(): void;
  end(): void;
}

/** @param answersPing false: PINGs of the server are left unanswered, and shown. */
export async function natsRawClient(port: number, { answersPing = true } = {}): Promise<NatsRawClient> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  const arrivals = new EventEmitter(); // apart from the socket, whose errors would end a wait
  let text = '';
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    arrivals.emit('more');
  });
  socket.on('data', (chunk: string) => {
    // Only what is new is looked at; a PING may have begun in the chunk before.
    const from = Math.max(0, text.length - 'PING\r'.length);
    text += chunk;
    const ping = text.indexOf('PING\r\n', from);
    // nats-server sends a first PING of its own after two seconds.
    if (answersPing && ping >= 0 && (ping === 0 || text[ping - 1] === '\n')) {
      text = text.slice(0, ping) + text.slice(ping + 'PING\r\n'.length);
      socket.write('PONG\r\n');
    }
    arrivals.emit('more');
  });

  const waitFor = async (wanted: string): Promise<string> => {
    for (;;) {
      const end = text.indexOf(wanted);
      if (end >= 0) {
        const found = text.slice(0, end + wanted.length);
        text = text.slice(found.length);
        return found;
      }
      if (isClosed) throw new Error(`closed before ${JSON.stringify(wanted)}: ${JSON.stringify(text.slice(-500))}`);
      await once(arrivals, 'more');
    }
  };

  const greeting = await waitFor('\r\n');
  return {
    info: JSON.parse(greeting.slice('INFO '.length)) as Record<string, unknown>,
    waitFor,
    send: (latin1) => void socket.write(latin1, 'latin1'),
    async exchange(latin1) {
      socket.write(`${latin1}PING\r\n`, 'latin1');
      return (await waitFor('PONG\r\n')).slice(0, -'PONG\r\n'.length);
    },
    async untilClosed(latin1) {
      socket.write(latin1, 'latin1');
      while (!isClosed) await once(arrivals, 'more');
      return text;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  };
}
