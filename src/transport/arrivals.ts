import type { Socket } from 'node:net';
import type { PeerTls } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';

/** A connection that has not said yet what it wants. */
export interface Arrival {
  readonly socket: Socket;
  /** Of the client: what a trusted proxy says takes the place of where the connection comes from. */
  address: string;
  port: number;
  /** Address of the proxy that relays it. */
  via?: string | undefined;
  /** It counts for `maxConnectionsPerAddress`. */
  isCounted?: boolean;
  /** TLS that the proxy has ended. */
  tls?: PeerTls | undefined;
}

/**
 * Connections in the handshake, in the order they came. All have the same time, so one timer, for the oldest, is
 * enough; and when there are too many, the oldest goes, so that idle ones cannot keep a new client out.
 */
export interface Arrivals {
  readonly size: number;
  /** The socket's close must be reported with `settle`. */
  add(arrival: Arrival): void;
  /** Takes a connection out: it is past the handshake, or gone. @returns false when it was out already, or muted. */
  settle(arrival: Arrival): boolean;
  /** Keeps the deadline but says no more of it: it has been refused and is on its way out. */
  mute(arrival: Arrival): void;
  /** Closes the oldest to make room. @returns false when there is none. */
  evict(): boolean;
  /** Closes all. */
  clear(): void;
}

export function arrivals(options: {
  readonly maxPending: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly onDrop: (arrival: Arrival, reason: 'handshake-timeout' | 'max-pending') => void;
}): Arrivals {
  const { clock, timeoutMs, maxPending, onDrop } = options;
  const pending = new Map<Arrival, { readonly dueMs: number; isMuted: boolean }>();
  let cancel: (() => void) | undefined;

  const drop = (arrival: Arrival, reason: 'handshake-timeout' | 'max-pending'): void => {
    const isMuted = pending.get(arrival)?.isMuted === true;
    pending.delete(arrival);
    arrival.socket.destroy();
    if (!isMuted) onDrop(arrival, reason);
  };

  const arm = (delayMs: number): void => {
    cancel = clock.after(delayMs, expire);
  };

  const expire = (): void => {
    cancel = undefined;
    for (const [arrival, { dueMs }] of pending) {
      const leftMs = dueMs - clock.monotonic();
      if (leftMs > 0) return arm(leftMs);
      drop(arrival, 'handshake-timeout');
    }
  };

  const evict = (): boolean => {
    for (const oldest of pending.keys()) {
      drop(oldest, 'max-pending');
      return true;
    }
    return false;
  };

  return {
    get size() {
      return pending.size;
    },
    add(arrival) {
      pending.set(arrival, { dueMs: clock.monotonic() + timeoutMs, isMuted: false });
      if (cancel === undefined) arm(timeoutMs);
      if (pending.size > maxPending) evict();
    },
    evict,
    settle(arrival) {
      const entry = pending.get(arrival);
      return pending.delete(arrival) && entry?.isMuted === false;
    },
    mute(arrival) {
      const entry = pending.get(arrival);
      if (entry !== undefined) entry.isMuted = true;
    },
    clear() {
      cancel?.();
      cancel = undefined;
      for (const { socket } of pending.keys()) socket.destroy();
      pending.clear();
    },
  };
}
