import { uint16At } from './fields.ts';
import { packetTypes } from './packet-type.ts';
import { reasonCodes } from './reason-codes.ts';
import { malformed, type Refusal, refuse } from './refusal.ts';
import { variableSize, writeVariable } from './write-fields.ts';

/** Offset of the variable header: 2 to 5. @param frame a whole packet with its fixed header */
export function headerLength(frame: Buffer): number {
  let offset = 1;
  while (offset < 4 && (frame[offset] ?? 0) >= 0x80) offset += 1;
  return offset + 1;
}

/** Whether the remaining length has more bytes than it needs. [MQTT-1.5.5-1] */
export function isPadded(frame: Buffer): boolean {
  const end = headerLength(frame);
  return end > 2 && frame[end - 1] === 0;
}

/** The same packet with a remaining length as short as can be. */
function withoutPadding(frame: Buffer): Buffer {
  const body = frame.subarray(headerLength(frame));
  const written = Buffer.allocUnsafe(1 + variableSize(body.length) + body.length);
  written[0] = frame[0]!;
  written.set(body, writeVariable(written, body.length, 1));
  return written;
}

/** What a cutter takes. */
export interface FrameRules {
  /** Largest packet in bytes, fixed header included. */
  readonly maxBytes: number;
  /** The setting that says so. */
  readonly setting: string;
  /** Bytes of a packet over the limit that are wanted before it is refused; see `FrameCutter.head`. */
  readonly headBytes: number;
  /** A remaining length in more bytes than it needs: legal before MQTT 5. [MQTT-1.5.5-1] */
  readonly padding: 'kept' | 'removed' | 'refused';
  /** Whether a PUBACK of four bytes is told by its packet identifier, see `FrameTaker`; no longer one is. */
  readonly tellsPubacks: boolean;
  /** What is known to be wrong from the first byte on. Asked of packets that are not whole. */
  readonly firstByteFault: (first: number) => Refusal | undefined;
}

/** Who gets the packets, in their order. Must not throw; false halts: the rest of the chunk stays as it is until `goOn`. */
export interface FrameTaker {
  /** A whole packet, fixed header included. */
  take(frame: Buffer): unknown;
  /** A PUBACK without reason code, as most are: making a view of its four bytes would cost as much as all that reads it. */
  takePuback(packetId: number): unknown;
}

const incomplete = 0;
const unreadable = -1;
const nothing = Buffer.alloc(0);
const firstRoomBytes = 64;

/** Bytes of the packet that starts at `at`, header included; `incomplete` or `unreadable` where they cannot be told. */
function frameBytesAt(bytes: Buffer, at: number, end: number, padding: FrameRules['padding']): number {
  let remaining = 0;
  for (let digit = 0; digit < 4; digit += 1) {
    const offset = at + 1 + digit;
    if (offset >= end) return incomplete;
    const byte = bytes[offset]!;
    remaining |= (byte & 0x7f) << (7 * digit);
    if (byte < 0x80) return byte === 0 && digit > 0 && padding === 'refused' ? unreadable : 2 + digit + remaining;
  }
  return unreadable;
}

const pubackStart = packetTypes.puback << 4;
const pubackBytes = 4;

/** The packet identifier of a PUBACK of four bytes. @returns 0 where it is something else */
const pubackAt = (bytes: Buffer, at: number): number =>
  bytes[at] === pubackStart && bytes[at + 1] === pubackBytes - 2 ? uint16At(bytes, at + 2) : 0;

/**
 * Cuts whole packets out of a byte stream, however it is chunked. [MQTT-6.0.0-2]
 *
 * A packet that lies in one chunk is handed on without a copy. One that does not is gathered in a buffer that grows
 * with the bytes received, never with the length announced, so a header alone costs the server nothing.
 */
export class FrameCutter {
  /** May be changed between packets, also inside `take`; counts from the next header on. */
  rules: FrameRules;
  #held = nothing;
  #heldBytes = 0;
  #frameBytes = incomplete;
  #head: Buffer | undefined;
  #isStopped = false;
  /** What `take` wanted to wait. */
  #rest: Buffer | undefined;
  #gathered = 0;

  constructor(rules: FrameRules) {
    this.rules = rules;
  }

  /** Bytes of an unfinished packet that are kept. */
  get bufferedBytes(): number {
    return this.#heldBytes;
  }

  /** Memory that is kept: of an unfinished packet, and of the rest. */
  get keptBytes(): number {
    return this.#held.length + (this.#rest === undefined ? 0 : this.#rest.length);
  }

  /** Packets that came in several chunks, and are whole. */
  get gathered(): number {
    return this.#gathered;
  }

  /** There is a rest for `goOn`. */
  get isHalted(): boolean {
    return this.#rest !== undefined;
  }

  /** The start of the packet that was refused. */
  get head(): Buffer | undefined {
    return this.#head;
  }

  /** From now on `push` ignores everything; also inside `take`. What was kept is dropped. */
  stop(): void {
    this.#isStopped = true;
    this.#rest = undefined;
    this.#release();
  }

  /** Cuts the rest; as `push`. */
  goOn(taker: FrameTaker): Refusal | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest === undefined ? undefined : this.push(rest, taker);
  }

  /**
   * @param chunk never changed, but kept by the frames cut from it; none while there is a rest
   * @returns a refusal as soon as a first byte is wrong, or a header shows a malformed length (0x81) or a packet over the
   *   limit (0x95); the cutter is stopped then.
   */
  push(chunk: Buffer, taker: FrameTaker): Refusal | undefined {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      const { maxBytes, headBytes, padding, tellsPubacks } = this.rules;
      if (this.#heldBytes === 0) {
        const frameBytes = frameBytesAt(chunk, at, chunk.length, padding);
        if (frameBytes > 0 && frameBytes <= maxBytes && at + frameBytes <= chunk.length) {
          const acknowledged = tellsPubacks && frameBytes === pubackBytes ? pubackAt(chunk, at) : 0;
          const goesOn =
            acknowledged > 0
              ? taker.takePuback(acknowledged)
              : this.#give(frameBytes === chunk.length ? chunk : chunk.subarray(at, at + frameBytes), taker);
          at += frameBytes;
          if (goesOn === false) return this.#halt(chunk, at);
          continue;
        }
        const fault = this.rules.firstByteFault(chunk[at]!) ?? this.#lengthFault(frameBytes, chunk.length - at);
        if (fault !== undefined) return this.#refuse(fault, chunk.subarray(at));
        this.#frameBytes = frameBytes;
      }
      const isHeaderOpen = this.#frameBytes === incomplete;
      const goal = this.#frameBytes > maxBytes ? headBytes : this.#frameBytes;
      const wanted = isHeaderOpen ? 1 : Math.min(goal - this.#heldBytes, chunk.length - at);
      this.#hold(chunk, at, wanted);
      at += wanted;
      if (isHeaderOpen) this.#frameBytes = frameBytesAt(this.#held, 0, this.#heldBytes, padding);
      const fault = this.#lengthFault(this.#frameBytes, this.#heldBytes);
      if (fault !== undefined) return this.#refuse(fault, this.#held.subarray(0, this.#heldBytes));
      if (this.#heldBytes === this.#frameBytes) {
        const frame = this.#held.subarray(0, this.#heldBytes);
        this.#release();
        this.#gathered += 1;
        if (this.#give(frame, taker) === false) return this.#halt(chunk, at);
      }
    }
    return undefined;
  }

  #halt(chunk: Buffer, at: number): undefined {
    if (at < chunk.length && !this.#isStopped) this.#rest = chunk.subarray(at);
  }

  #give(frame: Buffer, taker: FrameTaker): unknown {
    return taker.take(this.rules.padding === 'removed' && isPadded(frame) ? withoutPadding(frame) : frame);
  }

  #hold(chunk: Buffer, from: number, count: number): void {
    const needed = this.#heldBytes + count;
    if (needed > this.#held.length) {
      const room = Math.max(needed, 2 * this.#held.length, firstRoomBytes);
      const isHeaderOpen = this.#frameBytes === incomplete;
      const grown = Buffer.allocUnsafe(isHeaderOpen ? room : Math.min(room, this.#frameBytes));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    chunk.copy(this.#held, this.#heldBytes, from, from + count);
    this.#heldBytes = needed;
  }

  #release(): void {
    this.#held = nothing;
    this.#heldBytes = 0;
    this.#frameBytes = incomplete;
  }

  /** @param availableBytes that came of the packet */
  #lengthFault(frameBytes: number, availableBytes: number): Refusal | undefined {
    const { maxBytes, headBytes, setting } = this.rules;
    if (frameBytes === unreadable)
      return malformed('MQTT-1.5.5-1', 'the remaining length takes more than four bytes, or more bytes than it needs');
    if (frameBytes <= maxBytes || availableBytes < headBytes) return undefined;
    return refuse(
      reasonCodes.packetTooLarge,
      'MQTT-3.2.2-15',
      `a packet of ${frameBytes} bytes was announced; at most ${maxBytes} are allowed (${setting})`,
    );
  }

  #refuse(fault: Refusal, head: Buffer): Refusal {
    this.stop();
    this.#head = head;
    return fault;
  }
}
