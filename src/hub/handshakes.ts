import type { Socket } from 'node:net';
import type { PeerTls } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { hubTlsRefused } from './events.ts';
import type { HubPeer, HubTls } from './guard.ts';

export interface HandshakesDeps {
  readonly tls: HubTls;
  readonly clock: Clock;
  readonly events: Events;
  readonly timeoutMs: number;
}

/** Connections that have been greeted, and are not secure yet. */
export class Handshakes {
  readonly #deps: HandshakesDeps;
  /** With the time that they began. */
  readonly #open = new Map<Socket, number>();

  constructor(deps: HandshakesDeps) {
    this.#deps = deps;
  }

  /**
   * @param info the greeting, in the clear
   * @param done is told once, with the secure socket, or without where it came to nothing
   */
  begin(raw: Socket, info: string, { address, port }: HubPeer, done: (secure?: Socket, tls?: PeerTls) => void): void {
    const { tls, clock, events } = this.#deps;
    this.#open.set(raw, clock.monotonic());
    const settle = (secure?: Socket, facts?: PeerTls): void => {
      if (this.#open.delete(raw)) done(secure, facts);
    };
    raw.on('error', () => undefined); // it closes right after
    raw.once('close', () => settle());
    raw.write(info, 'latin1');
    tls.accept(raw, {
      onSecure: settle,
      onRefused: ({ reason, detail }) => events.emit(hubTlsRefused, { peer: `${address}:${port}`, reason, detail }),
    });
  }

  /** Ends what takes too long. @param now monotonic */
  tick(now: number): void {
    for (const [socket, begunAt] of this.#open) if (now - begunAt >= this.#deps.timeoutMs) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }
}
