import {
  type AcknowledgementType,
  acknowledgementStarts,
  encodeAcknowledgement,
  isShortAcknowledgement,
} from '../../mqtt/encode-acknowledgement.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { Qos } from '../../plane/message.ts';
import type { Turn } from '../../plane/turn.ts';
import { TurnWriter } from '../../plane/turn-writer.ts';
import type { DeliverySink } from '../delivery/sender.ts';
import type { Holding, MemoryBudget } from '../memory-budget.ts';
import type { Link } from '../ports.ts';
import type { Traffic } from '../traffic.ts';

/** Whose client it is. */
export interface EgressHost {
  /** A QoS 0 message was left out. */
  skipped(): void;
  /** The connection cannot go on. */
  broken(reason: string): void;
  /** A batch has left, and the client is not behind. */
  drained(): void;
}

/** Sent bytes that a client has not taken, above which what can wait elsewhere does. */
const congestedBytes = 256 * 1024;

/** What goes out to one client: one batch a turn, and a bound on what it has not read. */
export class Egress implements DeliverySink {
  readonly #link: Link;
  readonly #host: EgressHost;
  readonly #maxWaitingBytes: number;
  readonly #writer: TurnWriter;
  readonly #memory: MemoryBudget;
  readonly #holding: Holding;
  readonly #traffic: Traffic;
  /** Bytes that wait for answers of the client. */
  #laneBytes = 0;
  #isClosed = false;

  /** @param maxWaitingBytes that may wait for a client that does not read */
  constructor(
    link: Link,
    { turn, memory, traffic }: { readonly turn: Turn; readonly memory: MemoryBudget; readonly traffic: Traffic },
    maxWaitingBytes: number,
    host: EgressHost,
    holding: Holding,
  ) {
    this.#memory = memory;
    this.#traffic = traffic;
    this.#holding = holding;
    this.#link = link;
    this.#host = host;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#writer = new TurnWriter(turn, (batch, bytes) => this.#send(batch, bytes));
  }

  write(data: Uint8Array): void {
    if (this.#admits()) this.#writer.push(data);
  }

  acknowledge(type: AcknowledgementType, version: ProtocolVersion, packetId: number, reasonCode: number): void {
    if (!this.#admits()) return;
    if (isShortAcknowledgement(version, reasonCode)) this.#writer.pushShort(acknowledgementStarts[type], packetId);
    else this.#writer.push(encodeAcknowledgement(type, version, packetId, reasonCode));
  }

  deliver(frame: Uint8Array, qos: Qos, rest?: Uint8Array): boolean {
    if (this.#isClosed) return false;
    const waiting = this.#waiting();
    if (waiting <= congestedBytes) {
      this.#writer.push(frame);
      if (rest !== undefined) this.#writer.push(rest);
      return this.#delivered(frame, rest);
    }
    if (qos === 0 && (waiting * 2 > this.#maxWaitingBytes || this.#memory.isShort)) {
      this.#traffic.messagesSkipped += 1;
      this.#host.skipped();
      return false;
    }
    if (waiting > this.#maxWaitingBytes) {
      this.#failUnread();
      return false;
    }
    this.#writer.push(detached(frame));
    if (rest !== undefined) this.#writer.push(detached(rest));
    return this.#delivered(frame, rest);
  }

  isCongested(): boolean {
    return this.#waiting() > congestedBytes;
  }

  holds(bytes: number): void {
    this.#laneBytes = bytes;
    this.account();
  }

  /** What waits may have changed. Over TLS what the socket has waits twice: as it was given, and encrypted. */
  account(): void {
    if (this.#isClosed) return;
    const { bufferedBytes, peer } = this.#link;
    const sent = peer.tls === undefined ? bufferedBytes : 2 * bufferedBytes;
    this.#holding.holdsOutbound(sent + this.#writer.bytes + this.#laneBytes);
  }

  fail(reason: string): void {
    if (!this.#isClosed) this.#host.broken(reason);
  }

  /** Sends what waits, and takes nothing more. */
  close(): void {
    this.#writer.flush();
    this.#isClosed = true;
  }

  /** Counts the packet where it may be written. */
  #admits(): boolean {
    if (this.#isClosed) return false;
    if (this.#waiting() > this.#maxWaitingBytes) {
      this.#failUnread();
      return false;
    }
    this.#traffic.packetsSent += 1;
    return true;
  }

  #delivered(frame: Uint8Array, rest: Uint8Array | undefined): true {
    this.#traffic.packetsSent += 1;
    this.#traffic.messagesSent += 1;
    this.#traffic.messageBytesSent += rest === undefined ? frame.length : frame.length + rest.length;
    return true;
  }

  #waiting(): number {
    return this.#link.bufferedBytes + this.#writer.bytes;
  }

  #send(batch: readonly Uint8Array[], bytes: number): void {
    if (this.#isClosed) return;
    this.#traffic.bytesSent += bytes;
    this.#link.write(batch);
    this.account();
    if (!this.isCongested()) this.#host.drained();
  }

  #failUnread(): void {
    this.fail(`it does not read: more than limits.outboundBuffer (${this.#maxWaitingBytes} bytes) wait for it`);
  }
}

/** Bytes that keep no more than themselves for as long as they wait; what they were read with may be far more. */
const detached = (bytes: Uint8Array): Uint8Array =>
  bytes.length * 2 < bytes.buffer.byteLength ? Buffer.from(bytes) : bytes;
