import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Link, LinkHandler, Peer } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import { writeBatch } from './batch.ts';
import { type Heartbeat, heartbeatMs } from './heartbeat.ts';
import { closedByBroker, closedByClient, closeReason, endGraceMs, notTakenInTime } from './link-end.ts';
import { binaryFrameHeader } from './websocket-frame.ts';

const normalClosure = 1000;
const unsupportedData = 1003;
const noStatus = 1005;
const abnormalClosure = 1006;

export interface WebSocketLinkParts {
  readonly websocket: WebSocket;
  /** What the WebSocket runs on. */
  readonly socket: Socket;
  readonly peer: Peer;
  readonly clock: Clock;
  readonly heartbeat: Heartbeat;
}

/** MQTT over WebSocket: the payloads of binary frames, one after the other, are the bytes of the link. [MQTT-6.0.0-2] */
class WebSocketLink implements Link {
  readonly peer: Peer;
  readonly #websocket: WebSocket;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #leaveHeartbeat: () => void;
  #handler: LinkHandler | undefined;
  #closeReason: string | undefined;
  #isEnding = false;
  #hasAnswered = true;
  #cancelGrace: (() => void) | undefined;

  constructor({ websocket, socket, peer, clock, heartbeat }: WebSocketLinkParts) {
    this.peer = peer;
    this.#websocket = websocket;
    this.#socket = socket;
    this.#clock = clock;
    websocket.on('error', (error) => this.#onError(error));
    websocket.on('pong', () => {
      this.#hasAnswered = true;
    });
    websocket.once('close', (code) => {
      this.#leaveHeartbeat();
      this.#cancelGrace?.();
      const isPlain = code === noStatus || code === abnormalClosure || code === normalClosure;
      this.#closeReason ??= isPlain ? closedByClient : `${closedByClient}, WebSocket code ${code}`;
      this.#tellClosed();
    });
    socket.prependListener('error', (error) => {
      this.#closeReason ??= closeReason(error);
    });
    socket.once('end', () => this.#limitTime(closedByClient)); // ws ends our side then, once all is written
    this.#leaveHeartbeat = heartbeat.join(() => this.#beat());
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  open(handler: LinkHandler): void {
    this.#handler = handler;
    this.#websocket.on('message', (data, isBinary) => {
      if (this.#isEnding) return;
      this.#hasAnswered = true;
      if (isBinary && Buffer.isBuffer(data)) handler.onData(data);
      else this.#close(unsupportedData, 'a text frame; MQTT travels in binary frames [MQTT-6.0.0-1]');
    });
    this.#socket.on('drain', () => {
      if (!this.#isEnding) handler.onDrain();
    });
    if (this.#websocket.readyState === this.#websocket.CLOSED) process.nextTick(() => this.#tellClosed());
  }

  write(batch: readonly Uint8Array[]): void {
    if (this.#isEnding || !this.#socket.writable || this.#websocket.readyState !== this.#websocket.OPEN) return;
    let bytes = 0;
    for (const buffer of batch) bytes += buffer.length;
    // Past ws, which would write header and payload on their own and copy what is more than one buffer.
    if (bytes > 0) writeBatch(this.#socket, [binaryFrameHeader(bytes), ...batch]);
  }

  pause(): void {
    if (!this.#isEnding) this.#websocket.pause();
  }

  resume(): void {
    this.#websocket.resume();
  }

  end(): void {
    this.#close(normalClosure, closedByBroker);
  }

  destroy(reason: string): void {
    if (this.#socket.destroyed) return;
    this.#isEnding = true;
    this.#closeReason = reason;
    this.#websocket.terminate();
  }

  /** Sends what is buffered and a close frame, then waits for the client's, but not long. */
  #close(code: number, reason: string): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#closeReason ??= reason;
    this.#websocket.close(code);
    this.#linger(code === normalClosure ? notTakenInTime : this.#closeReason);
  }

  #linger(reason: string): void {
    this.#isEnding = true;
    this.#websocket.resume(); // or the client's close frame would never be seen
    this.#limitTime(reason);
  }

  /** Destroys the socket if it is not closed by itself within the grace period. */
  #limitTime(reason: string): void {
    this.#cancelGrace ??= this.#clock.after(endGraceMs, () => {
      this.#closeReason = reason;
      this.#websocket.terminate();
    });
  }

  /** ws has sent a close frame that fits the error: 1002, 1007 or 1009. */
  #onError(error: Error): void {
    this.#closeReason ??= `WebSocket error: ${error.message}`;
    if (!this.#isEnding) this.#linger(this.#closeReason);
  }

  #beat(): void {
    if (this.#websocket.readyState !== this.#websocket.OPEN) return;
    if (!this.#hasAnswered && !this.#websocket.isPaused) {
      this.destroy(`no answer to a WebSocket ping within ${heartbeatMs / 1_000} s`);
      return;
    }
    this.#hasAnswered = false;
    this.#websocket.ping();
  }

  #tellClosed(): void {
    const handler = this.#handler;
    if (handler === undefined) return; // not opened yet, or told already
    this.#handler = undefined;
    handler.onClose(this.#closeReason ?? closedByClient);
  }
}

export const webSocketLink = (parts: WebSocketLinkParts): Link => new WebSocketLink(parts);
