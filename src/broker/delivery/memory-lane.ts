import { Fifo } from '../../kernel/fifo.ts';
import type { Message } from '../../plane/message.ts';
import type { Delivery } from '../../plane/plane.ts';
import type { Lane } from './lane.ts';
import { type Outgoing, secondsLeft, waiting } from './outgoing.ts';
import type { Sender } from './sender.ts';

export interface MemoryLaneDeps {
  readonly sender: Sender;
  readonly now: () => number;
  /** Bytes that may wait because the client has not acknowledged enough of what came before. */
  readonly maxWaitingBytes: number;
}

/** For a session that ends with its connection: what its client does not take yet waits in memory. */
export class MemoryLane implements Lane {
  readonly #deps: MemoryLaneDeps;
  #waiting: Fifo<Outgoing> | undefined;
  #waitingBytes = 0;

  constructor(deps: MemoryLaneDeps) {
    this.#deps = deps;
  }

  get hasRoom(): boolean {
    return !this.#deps.sender.window.isFull && !this.#deps.sender.sink.isCongested();
  }

  push(message: Message, delivery: Delivery): void {
    if (this.#deps.sender.window.isFull) this.#wait(message, delivery);
    else if (delivery.shared === undefined || delivery.qos === 2)
      this.#send({ message, delivery, bytes: 0, since: 0 }, undefined);
    else this.#send(waiting(message, delivery, this.#deps.now()), undefined); // another member may have to get it
  }

  advance(): void {
    const { sender, now } = this.#deps;
    while (this.#waiting !== undefined && !sender.window.isFull) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingBytes -= next.bytes;
      const left = secondsLeft(next, now());
      if (left !== 0) this.#send(next, left);
    }
  }

  received(_packetId: number, release: () => void): void {
    release();
  }

  finished(): void {
    this.advance();
  }

  close(): Outgoing[] {
    const open = Array.from(this.#deps.sender.window.values(), ({ outgoing }) => outgoing).filter(
      (outgoing) => outgoing !== undefined,
    );
    for (let next = this.#waiting?.shift(); next !== undefined; next = this.#waiting?.shift()) open.push(next);
    return open;
  }

  #send(outgoing: Outgoing, left: number | undefined): void {
    const { sender } = this.#deps;
    const { qos, shared } = outgoing.delivery;
    const packet = sender.number(outgoing, left, qos === 1 && shared !== undefined);
    if (packet !== undefined) sender.sink.deliver(packet.frame, qos);
  }

  #wait(message: Message, delivery: Delivery): void {
    const { sender, now, maxWaitingBytes } = this.#deps;
    const item = waiting(message, delivery, now());
    if (this.#waitingBytes + item.bytes > maxWaitingBytes) {
      sender.sink.fail(
        `it does not acknowledge: more than limits.outboundBuffer (${maxWaitingBytes} bytes) wait for it`,
      );
      return;
    }
    this.#waiting ??= new Fifo();
    this.#waiting.push(item);
    this.#waitingBytes += item.bytes;
  }
}
