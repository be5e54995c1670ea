import { messageOf } from '../../kernel/errors.ts';
import { Pace } from '../../kernel/pace.ts';
import type { Slices } from '../../kernel/slices.ts';
import type { QueuedPacket, Store, StoredMessage } from '../store-port.ts';
import type { Window } from './window.ts';

export interface QueueReaderDeps {
  readonly store: Pick<Store, 'queue'>;
  readonly clientId: string;
  readonly window: Pick<Window, 'get'>;
  /** Whether the client takes one more message now. */
  readonly hasRoom: () => boolean;
  /** Sends a message that was never sent. */
  readonly send: (packet: StoredMessage) => void;
  /** Sends again what an earlier connection has not answered. [MQTT-4.4.0-1] */
  readonly resend: (packet: QueuedPacket) => void;
  readonly failed: (reason: string) => void;
  /** Time to read on without waiting for the client. */
  readonly slices: Slices;
  /** Nothing that stands in the queue is left unsent. */
  readonly emptied: () => void;
}

/** Packets that are read at once; and after which it is looked whether a slice is over. */
const fewPackets = 16;

/**
 * Sends what stands in the queue of a persistent session, at the pace of its client, until nothing is left that was not
 * sent. From then on messages are sent as they come, as long as the client keeps up. They stand in the queue all the
 * same, so what comes while the client does not keep up needs no other place: it is read from the queue later.
 */
export class QueueReader {
  readonly #deps: QueueReaderDeps;
  #isMissing = true;
  #isReading = false;
  /** What earlier connections left unanswered was sent again: whatever has an identifier now has it from this one. */
  #isResent = false;
  #isStopped = false;
  #goOn: (() => void) | undefined;
  /** A queue in memory, of messages that need no answer, would be read to its end before anybody else has a turn. */
  readonly #pace: Pace;

  constructor(deps: QueueReaderDeps) {
    this.#deps = deps;
    this.#pace = new Pace(deps.slices, fewPackets);
  }

  /** Nothing queued is left behind: a new message may be sent at once. */
  get isEmpty(): boolean {
    return !this.#isMissing && !this.#isReading;
  }

  /** A message was queued and not sent. */
  missed(): void {
    this.#isMissing = true;
  }

  /** The client may have room: begins to read, or goes on. */
  advance(): void {
    const goOn = this.#goOn;
    this.#goOn = undefined;
    goOn?.();
    if (this.#isReading || !this.#isMissing || this.#isStopped || !this.#deps.hasRoom()) return;
    this.#isReading = true;
    this.#read().catch((cause: unknown) => {
      if (!this.#isStopped) this.#deps.failed(`its queue cannot be read: ${messageOf(cause)}`);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#goOn?.();
  }

  async #read(): Promise<void> {
    for (; this.#isMissing; this.#isResent = true) {
      this.#isMissing = false;
      for await (const packet of this.#deps.store.queue(this.#deps.clientId)) {
        await this.#take(packet);
        if (this.#isStopped) return;
        const turn = this.#pace.step();
        if (turn !== undefined) await turn;
      }
    }
    this.#isReading = false;
    this.#deps.emptied();
  }

  async #take(packet: QueuedPacket): Promise<void> {
    const { window, hasRoom, send, resend } = this.#deps;
    const { packetId } = packet;
    // on its way, or answered since it was read: streams read ahead
    if (packetId !== undefined && (this.#isResent || window.get(packetId) !== undefined)) return;
    while (!hasRoom() && !this.#isStopped) {
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
      this.#pace.rested();
    }
    if (this.#isStopped) return;
    if (packet.cmd === 'pubrel' || packetId !== undefined) resend(packet);
    else send(packet);
  }
}
