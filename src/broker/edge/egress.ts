import type { Qos } from '../../plane/message.ts';
import { Outbox } from '../../plane/outbox.ts';
import type { Turn } from '../../plane/turn.ts';
import type { DeliverySink } from '../delivery/sender.ts';
import type { Link } from '../ports.ts';

export interface EgressDeps {
  readonly link: Link;
  readonly turn: Turn;
  /** Bytes that may wait for a client that does not read. */
  readonly maxWaitingBytes: number;
  /** A QoS 0 message was left out. */
  readonly skipped: () => void;
  readonly fail: (reason: string) => void;
  /** A batch has left, and the client is not behind. */
  readonly drained: () => void;
}

/** Sent bytes that a client has not taken, above which what can wait elsewhere does. */
const congestedBytes = 256 * 1024;

/** What goes out to one client: one batch a turn, and a bound on what it has not read. */
export class Egress implements DeliverySink {
  readonly #deps: EgressDeps;
  readonly #outbox: Outbox;
  #isClosed = false;

  constructor(deps: EgressDeps) {
    this.#deps = deps;
    this.#outbox = new Outbox(deps.turn, (batch) => this.#send(batch));
  }

  write(data: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#waiting() > this.#deps.maxWaitingBytes) this.#failUnread();
    else this.#outbox.push(data);
  }

  deliver(frame: Uint8Array, qos: Qos): boolean {
    if (this.#isClosed) return false;
    const waiting = this.#waiting();
    if (waiting <= congestedBytes) {
      this.#outbox.push(frame);
      return true;
    }
    const { maxWaitingBytes, skipped } = this.#deps;
    if (qos === 0 && waiting * 2 > maxWaitingBytes) {
      skipped();
      return false;
    }
    if (waiting > maxWaitingBytes) {
      this.#failUnread();
      return false;
    }
    this.#outbox.push(Buffer.from(frame)); // or it would keep all that it was read with
    return true;
  }

  isCongested(): boolean {
    return this.#waiting() > congestedBytes;
  }

  fail(reason: string): void {
    if (!this.#isClosed) this.#deps.fail(reason);
  }

  /** Sends what waits, and takes nothing more. */
  close(): void {
    this.#outbox.flush();
    this.#isClosed = true;
  }

  #waiting(): number {
    return this.#deps.link.bufferedBytes + this.#outbox.bytes;
  }

  #send(batch: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    this.#deps.link.write(batch);
    if (!this.isCongested()) this.#deps.drained();
  }

  #failUnread(): void {
    this.fail(`it does not read: more than limits.outboundBuffer (${this.#deps.maxWaitingBytes} bytes) wait for it`);
  }
}
