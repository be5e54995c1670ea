import type { Socket } from 'node:net';
import type { Link, LinkHandler, Peer } from '../../broker/ports.ts';
import type { WheelTimer } from '../../kernel/timer-wheel.ts';
import { writeBatch } from '../batch.ts';
import { closedByBroker, closedByClient, closeReason, endGraceMs, type LinkEnds, notTakenInTime } from '../link-end.ts';
import { binaryMessages, closeCodes, closeFrame, controlFrame } from './frame.ts';
import { type Heartbeat, heartbeatMs } from './heartbeat.ts';
import { FrameReader } from './reader.ts';

export interface WebSocketLinkParts {
  /** What the WebSocket runs on, after the handshake; paused. */
  readonly socket: Socket;
  readonly peer: Peer;
  readonly ends: LinkEnds;
  readonly heartbeat: Heartbeat;
  /** Largest message to the client in bytes. */
  readonly messageBytes: number;
}

/** MQTT over WebSocket: the payloads of binary frames, one after the other, are the bytes of the link. [MQTT-6.0.0-2] */
class WebSocketLink implements Link {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #ends: LinkEnds;
  readonly #messageBytes: number;
  readonly #leaveHeartbeat: () => void;
  #handler: LinkHandler | undefined;
  #closeReason: string | undefined;
  #isEnding = false;
  #isClosed = false;
  #hasAnswered = true;
  #isPaused = false;
  /** Of the newest ping that the client has no room to be answered; the older ones need no answer (RFC 6455 5.5.3). */
  #owedPong: Buffer | undefined;
  #grace: WheelTimer | undefined;

  constructor({ socket, peer, ends, heartbeat, messageBytes }: WebSocketLinkParts) {
    this.peer = peer;
    this.#socket = socket;
    this.#ends = ends;
    this.#messageBytes = messageBytes;
    socket.on('error', (error) => {
      this.#closeReason ??= closeReason(error);
    });
    socket.once('end', () => this.#limitTime(closedByClient)); // Node ends our side then, once all is written
    socket.once('close', () => {
      this.#isClosed = true;
      this.#leaveHeartbeat();
      this.#grace?.cancel();
      this.#tellClosed();
    });
    this.#leaveHeartbeat = heartbeat.join(() => this.#beat());
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  open(handler: LinkHandler): void {
    this.#handler = handler;
    const socket = this.#socket;
    const reader = new FrameReader({
      onPayload: (part) => {
        this.#hasAnswered = true;
        if (!this.#isEnding) handler.onData(part);
      },
      onPing: (data) => this.#answerPing(data),
      onPong: () => {
        this.#hasAnswered = true;
      },
      onClose: (code) => this.#onCloseFrame(code),
      onViolation: (code, sentence) => this.#onViolation(code, sentence),
    });
    socket.on('data', (chunk: Buffer) => reader.read(chunk));
    socket.on('drain', () => {
      if (this.#isEnding) return;
      if (this.#owedPong !== undefined) this.#answerPing(this.#owedPong);
      handler.onDrain();
    });
    if (this.#isClosed) process.nextTick(() => this.#tellClosed());
    socket.resume();
  }

  write(batch: readonly Uint8Array[]): void {
    if (this.#isEnding || !this.#socket.writable) return;
    const frames = binaryMessages(batch, this.#messageBytes);
    if (frames.length > 0) writeBatch(this.#socket, frames);
  }

  pause(): void {
    if (this.#isEnding) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Sends what is buffered and a close frame, then waits for the client's, but not long. */
  end(): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#closeReason ??= closedByBroker;
    this.#linger(notTakenInTime);
    this.#socket.write(closeFrame(closeCodes.normal));
  }

  destroy(reason: string): void {
    if (this.#socket.destroyed) return;
    this.#isEnding = true;
    this.#closeReason = reason;
    this.#socket.destroy();
  }

  #answerPing(data: Buffer): void {
    this.#hasAnswered = true;
    if (this.#isEnding || !this.#socket.writable) return;
    this.#owedPong = this.#socket.writableNeedDrain ? data : undefined;
    if (this.#owedPong === undefined) this.#socket.write(controlFrame('pong', data));
  }

  /** Answers with the same code, or is the answer to ours; the server closes the connection first (RFC 6455 7.1.1). */
  #onCloseFrame(code: number | undefined): void {
    const isAnswer = this.#isEnding;
    const isPlain = code === undefined || code === closeCodes.normal;
    this.#closeReason ??= isPlain ? closedByClient : `${closedByClient}, WebSocket code ${code}`;
    this.#linger(this.#closeReason);
    if (isAnswer) this.#socket.end();
    else this.#socket.end(closeFrame(code));
  }

  #onViolation(code: number, sentence: string): void {
    this.#closeReason ??= `WebSocket error: ${sentence}`;
    const isClosing = this.#isEnding;
    this.#linger(this.#closeReason);
    if (isClosing) this.#socket.end();
    else this.#socket.end(closeFrame(code));
  }

  #linger(reason: string): void {
    this.#isEnding = true;
    this.#socket.resume(); // or the end of the client's side would never be seen
    this.#limitTime(reason);
  }

  /** Destroys the socket if it is not closed by itself within the grace period. */
  #limitTime(reason: string): void {
    this.#grace ??= this.#ends.add(endGraceMs, () => {
      this.#closeReason = reason;
      this.#socket.destroy();
    });
  }

  #beat(): void {
    if (this.#isEnding || !this.#socket.writable) return;
    if (!this.#hasAnswered && !this.#isPaused) {
      this.destroy(`no answer to a WebSocket ping within ${heartbeatMs / 1_000} s`);
      return;
    }
    this.#hasAnswered = false;
    this.#socket.write(controlFrame('ping', Buffer.alloc(0)));
  }

  #tellClosed(): void {
    const handler = this.#handler;
    if (handler === undefined) return; // not opened yet, or told already
    this.#handler = undefined;
    handler.onClose(this.#closeReason ?? closedByClient);
  }
}

export const webSocketLink = (parts: WebSocketLinkParts): Link => new WebSocketLink(parts);
