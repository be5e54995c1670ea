import { EventEmitter, once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { FuzzCase, Way } from './cases.ts';

export interface Target {
  readonly ports: ReadonlyMap<Way['listener'], number>;
  /** Root certificate of the broker. */
  readonly ca: Buffer;
}

/** Time that a step gets for its answer, and that a lingering client stays. */
const patienceMs = 50;
/** Time for a whole case: a broker that has not closed a connection by then does not close it. */
const deadlineMs = 20_000;

export interface Outcome {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What the broker did wrong; undefined when all is well. */
  readonly fault: string | undefined;
}

interface Connection {
  readonly socket: Socket;
  /** Below TLS, where there is TLS. */
  readonly tcp: Socket;
}

async function open({ way }: FuzzCase, { ports, ca }: Target, signal: AbortSignal): Promise<Connection> {
  const tcp = connectTcp({ host: '127.0.0.1', port: ports.get(way.listener) ?? 0, noDelay: true });
  await once(tcp, 'connect', { signal });
  if (!way.isSecure) return { socket: tcp, tcp };
  const socket = connectTls({ socket: tcp, ca, servername: 'localhost' });
  await once(socket, 'secureConnect', { signal });
  return { socket, tcp };
}

/** Plays one case to its end. Never rejects; what the broker did wrong is in the outcome. */
export async function play(fuzzCase: FuzzCase, target: Target): Promise<Outcome> {
  const signal = AbortSignal.timeout(deadlineMs);
  let connection: Connection;
  try {
    connection = await open(fuzzCase, target, signal);
  } catch (error) {
    return { sentBytes: 0, receivedBytes: 0, fault: `the broker did not take a connection: ${String(error)}` };
  }
  const { socket, tcp } = connection;
  let receivedBytes = 0;
  let sentBytes = 0;
  const arrivals = new EventEmitter();
  const isClosed = (): boolean => socket.destroyed || socket.closed;
  socket.on('error', () => undefined); // a reset is an answer, too
  tcp.on('error', () => undefined);
  socket.on('close', () => arrivals.emit('news'));
  socket.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length;
    arrivals.emit('news');
  });
  if (!fuzzCase.reads) socket.pause();
  const news = (timeoutMs: number): Promise<unknown> =>
    once(arrivals, 'news', { signal: AbortSignal.timeout(timeoutMs) }).catch(() => undefined);

  for (const { bytes, waits } of fuzzCase.steps) {
    if (isClosed() || !socket.writable) break;
    socket.write(bytes);
    sentBytes += bytes.length;
    if (waits && fuzzCase.reads) await news(patienceMs * 2);
    else await nextTurn();
  }
  if (fuzzCase.ending === 'linger') await delay(patienceMs);
  socket.resume();
  if (fuzzCase.ending === 'end' && !isClosed()) {
    socket.end();
    while (!isClosed() && !signal.aborted) await news(deadlineMs);
  }
  const isStuck = fuzzCase.ending === 'end' && !isClosed();
  tcp.resetAndDestroy();
  socket.destroy();
  const fault = isStuck
    ? `the broker kept a connection open ${deadlineMs / 1_000} s after its client ended it`
    : undefined;
  return { sentBytes, receivedBytes, fault };
}
