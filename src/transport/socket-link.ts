import type { Socket } from 'node:net';
import type { Link, LinkHandler, Peer } from '../broker/ports.ts';
import type { WheelTimer } from '../kernel/timer-wheel.ts';
import { writeBatch } from './batch.ts';
import { closedByBroker, closedByClient, closeReason, endGraceMs, type LinkEnds, notTakenInTime } from './link-end.ts';

/** MQTT over tcp or TLS: the bytes of the socket are the bytes of the link. */
class SocketLink implements Link {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #ends: LinkEnds;
  #handler: LinkHandler | undefined;
  #first: Buffer | undefined;
  #closeReason: string | undefined;
  #isEnding = false;
  #isClosed = false;
  #grace: WheelTimer | undefined;

  constructor(socket: Socket, peer: Peer, ends: LinkEnds, first: Buffer) {
    this.peer = peer;
    this.#socket = socket;
    this.#ends = ends;
    this.#first = first;
    socket.on('error', (error) => {
      this.#closeReason ??= closeReason(error);
    });
    socket.once('end', () => this.#limitTime(closedByClient)); // Node ends our side then, once all is written
    socket.once('close', () => {
      this.#isClosed = true;
      this.#grace?.cancel();
      this.#tellClosed();
    });
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  open(handler: LinkHandler): void {
    this.#handler = handler;
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => {
      if (this.#isEnding) return;
      if (this.#first !== undefined) this.#deliverFirst();
      handler.onData(chunk);
    });
    socket.on('drain', () => {
      if (!this.#isEnding) handler.onDrain();
    });
    // The caller may still be busy with setting itself up.
    process.nextTick(() => {
      this.#deliverFirst();
      if (this.#isClosed) this.#tellClosed();
    });
  }

  write(batch: readonly Uint8Array[]): void {
    if (this.#isEnding || !this.#socket.writable) return;
    writeBatch(this.#socket, batch);
  }

  pause(): void {
    if (!this.#isEnding) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#isEnding = true;
    this.#closeReason ??= closedByBroker;
    this.#socket.end();
    this.#socket.resume(); // or the end of the client's side would never be seen
    this.#limitTime(notTakenInTime);
  }

  destroy(reason: string): void {
    if (this.#socket.destroyed) return;
    this.#isEnding = true;
    this.#closeReason = reason;
    this.#socket.destroy();
  }

  /** Destroys the socket if it is not closed by itself within the grace period. */
  #limitTime(reason: string): void {
    this.#grace ??= this.#ends.add(endGraceMs, () => {
      this.#closeReason = reason;
      this.#socket.destroy();
    });
  }

  #deliverFirst(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined && !this.#isEnding) this.#handler?.onData(first);
  }

  #tellClosed(): void {
    const handler = this.#handler;
    if (handler === undefined) return; // not opened yet, or told already
    this.#handler = undefined;
    handler.onClose(this.#closeReason ?? closedByClient);
  }
}

/**
 * @param socket flows already, so the link is to be opened in the same step: pausing and resuming costs more than the link.
 * @param first the bytes that were read to find out what is spoken; they are the beginning of the stream.
 */
export const socketLink = (socket: Socket, peer: Peer, ends: LinkEnds, first: Buffer): Link =>
  new SocketLink(socket, peer, ends, first);
