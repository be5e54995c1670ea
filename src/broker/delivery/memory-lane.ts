import { Fifo } from '../../kernel/fifo.ts';
import type { Message } from '../../plane/message.ts';
import type { Delivery } from '../../plane/plane.ts';
import type { LimitsOptions } from '../schema.ts';
import type { Lane } from './lane.ts';
import { type Outgoing, secondsLeft, waiting } from './outgoing.ts';
import type { Sender } from './sender.ts';

export interface MemoryLaneDeps {
  readonly now: () => number;
  /** `outboundBuffer` bytes may wait because the client has not acknowledged enough of what came before. */
  readonly limits: Pick<LimitsOptions, 'outboundBuffer'>;
}

const nothing: readonly Outgoing[] = [];

/** For a session that ends with its connection: what its client does not take yet waits in memory. */
export class MemoryLane implements Lane {
  readonly #sender: Sender;
  readonly #deps: MemoryLaneDeps;
  readonly #mayHave: (topic: string) => boolean;
  #waiting: Fifo<Outgoing> | undefined;
  #waitingBytes = 0;

  /** @param mayHave whether a topic that waited may be sent now */
  constructor(sender: Sender, deps: MemoryLaneDeps, mayHave: (topic: string) => boolean) {
    this.#sender = sender;
    this.#deps = deps;
    this.#mayHave = mayHave;
  }

  get hasRoom(): boolean {
    return !this.#sender.window.isFull && !this.#sender.sink.isCongested();
  }

  push(message: Message, delivery: Delivery): void {
    if (this.#sender.window.isFull) this.#wait(message, delivery);
    else if (delivery.shared === undefined || delivery.qos === 2)
      this.#send({ message, delivery, bytes: 0, since: 0 }, undefined);
    else this.#send(waiting(message, delivery, this.#deps.now()), undefined); // another member may have to get it
  }

  advance(): void {
    while (this.#waiting !== undefined && !this.#sender.window.isFull) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingBytes -= next.bytes;
      if (this.#waitingBytes === 0) this.#sender.sink.holds(0);
      const left = secondsLeft(next, this.#deps.now());
      if (left !== 0 && this.#mayHave(next.message.topic)) this.#send(next, left);
    }
  }

  received(_packetId: number, release: () => void): void {
    release();
  }

  finished(): void {
    this.advance();
  }

  close(): readonly Outgoing[] {
    if (this.#sender.window.inUse === 0 && this.#waiting === undefined) return nothing;
    const open = [...this.#sender.window.kept()];
    for (let next = this.#waiting?.shift(); next !== undefined; next = this.#waiting?.shift()) open.push(next);
    return open;
  }

  #send(outgoing: Outgoing, left: number | undefined): void {
    const { qos, shared } = outgoing.delivery;
    const packet = this.#sender.number(outgoing, left, qos === 1 && shared !== undefined);
    if (packet !== undefined) this.#sender.sink.deliver(packet.frame, qos, packet.rest);
  }

  #wait(message: Message, delivery: Delivery): void {
    const { outboundBuffer } = this.#deps.limits;
    const item = waiting(message, delivery, this.#deps.now());
    if (this.#waitingBytes + item.bytes > outboundBuffer) {
      this.#sender.sink.fail(
        `it does not acknowledge: more than limits.outboundBuffer (${outboundBuffer} bytes) wait for it`,
      );
      return;
    }
    this.#waiting ??= new Fifo();
    this.#waiting.push(item);
    this.#waitingBytes += item.bytes;
    this.#sender.sink.holds(this.#waitingBytes);
  }
}
