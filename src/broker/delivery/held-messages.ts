import { Fifo } from '../../kernel/fifo.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { heldDropped, heldFull } from '../events.ts';
import type { QueueTarget, StoredMessage } from '../store-port.ts';

/** What one session may have in its queue before more is held, and what all may hold together. */
export interface PacingOptions {
  /** Messages that stand in the queue of a connected session before what comes from NATS waits in memory. */
  readonly queuedMessages: number;
  /** Bytes of them that were not sent yet. */
  readonly queuedBytes: number;
  /** Bytes that wait in memory, over all sessions. */
  readonly heldBytes: number;
}

/** Bytes that wait in memory, over all sessions of a node. */
export interface HeldTotal {
  bytes: number;
}

/** Who waits until the queue has a message. */
export interface KeptBy {
  readonly kept: () => void;
  /** The queue cannot have it. */
  readonly refused: (cause: unknown) => void;
}

interface Held {
  readonly targets: readonly QueueTarget[];
  readonly packet: StoredMessage;
  /** Of those that count for the limit. */
  readonly bytes: number;
  readonly sender: KeptBy | undefined;
}

export interface HeldMessagesDeps {
  readonly clientId: string;
  readonly maxBytes: number;
  readonly total: HeldTotal;
  readonly events: Events;
  /** Puts a message into the queue. */
  readonly enqueue: (targets: readonly QueueTarget[], packet: StoredMessage, sender: KeptBy | undefined) => void;
}

/** What a packet occupies while it waits, roughly: its bytes and the objects around them. */
export const bytesOfPacket = ({ topic, payload }: Pick<StoredMessage, 'topic' | 'payload'>): number =>
  payload.length + topic.length + 512;

/**
 * Messages that nobody can be asked to send more slowly, as those of NATS: they wait here, in order, until the queue of
 * the session has room for them. Beyond the limit of all sessions the newest are dropped.
 */
export class HeldMessages {
  readonly #deps: HeldMessagesDeps;
  readonly #waiting = new Fifo<Held>();
  #isDropping = false;

  constructor(deps: HeldMessagesDeps) {
    this.#deps = deps;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  hold(targets: readonly QueueTarget[], packet: StoredMessage): void {
    const { clientId, maxBytes, total, events } = this.#deps;
    const bytes = bytesOfPacket(packet);
    if (total.bytes + bytes > maxBytes) {
      if (!this.#isDropping) events.emit(heldFull, { clientId, maxBytes });
      this.#isDropping = true;
      events.emit(heldDropped, { clientId, topic: packet.topic });
      return;
    }
    total.bytes += bytes;
    this.#push(targets, packet, bytes, undefined);
  }

  /** For a sender that keeps it, and bounds what is under way: none is dropped. @returns kept when the queue has it */
  holdKept(targets: readonly QueueTarget[], packet: StoredMessage): Promise<void> {
    return new Promise((kept, refused) => {
      this.#push(targets, packet, 0, { kept, refused });
    });
  }

  /** Puts the oldest into the queue while it has room. @returns whether there was any */
  release(hasRoom: () => boolean): boolean {
    const before = this.#waiting.length;
    while (hasRoom()) {
      const held = this.#waiting.shift();
      if (held === undefined) break;
      this.#deps.total.bytes -= held.bytes;
      this.#deps.enqueue(held.targets, held.packet, held.sender);
    }
    if (this.isEmpty) this.#isDropping = false;
    return this.#waiting.length < before;
  }

  #push(targets: readonly QueueTarget[], packet: StoredMessage, bytes: number, sender: KeptBy | undefined): void {
    // bytes of its own, or it would keep all that it was read with
    this.#waiting.push({ targets, packet: { ...packet, payload: Buffer.from(packet.payload) }, bytes, sender });
  }
}
