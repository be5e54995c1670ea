import type { Clock } from '../kernel/clock.ts';

/** What is known of a content that others than its first sender repeat. */
interface Repetition {
  /** Of the whole payload, once they do so often. */
  digest: number | undefined;
  /** Who they are. */
  second: string;
  third: string | undefined;
  windowMs: number;
  inWindow: number;
  isLoop: boolean;
}

const slotCount = 16_384;
const loopWindowMs = 2_000;
/** Copies of a loop for each message that was put into it; two publishers who say the same are far below. */
const minRatio = 16;
/** Repetitions by others from which on all of the payload is compared. */
const closeLook = 8;

/** What `LoopWatch.sees` says of a message; `found`: of the first that is stopped. */
export type LoopVerdict = 'passes' | 'found' | 'stopped';

/** What `#numbers` has for each content, a quarter of a line of memory: most contents come once, and are looked up in no other. */
const tagAt = 0;
const lastMsAt = 1;
const ofFirstAt = 2;
const ofOthersAt = 3;
const numbersOfSlot = 4;
/** Nothing is counted further. */
const mostCounted = 2 ** 30;

/**
 * Finds messages that a foreign bridge carries round, from NATS to this broker or back: such a bridge keeps no header
 * that would tell. One content, a subject with a payload, goes round where somebody sent it once or a few times, and then
 * one other end, or one client and NATS, send it `maxCrossings` times in two seconds and 16 times as often as the first.
 * Its copies are stopped until they stay away for two seconds; who sent it first may send it again. Whoever repeats his
 * own messages is never stopped, nor are three or more who say the same.
 *
 * It remembers a fixed number of contents by their hash and allocates nothing once it is warm.
 */
export class LoopWatch {
  readonly #maxCrossings: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #numbers = new Int32Array(slotCount * numbersOfSlot);
  /** Who sent a content first: a client, a node or NATS. */
  readonly #firsts: string[] = Array.from({ length: slotCount }, () => '');
  readonly #repetitions: (Repetition | undefined)[] = Array.from({ length: slotCount });

  constructor(maxCrossings: number, clock: Pick<Clock, 'now'>) {
    this.#maxCrossings = maxCrossings;
    this.#clock = clock;
  }

  /** Notes that a message crosses the bridge. @param from who sent it */
  sees(subject: string, payload: Uint8Array, from: string): LoopVerdict {
    const now = this.#clock.now() | 0;
    const tag = tagOf(subject, payload);
    const slot = tag & (slotCount - 1);
    const at = slot * numbersOfSlot;
    const numbers = this.#numbers;
    const ofFirst = numbers[at + ofFirstAt]!;
    const isOther = ofFirst === 0 || numbers[at + tagAt] !== tag;
    const isAlone = ofFirst + numbers[at + ofOthersAt]! <= 1;
    if (isPast(now, numbers[at + lastMsAt]!) || (isOther && isAlone)) {
      this.#begin(slot, tag, from, now);
      return 'passes';
    }
    if (isOther) return 'passes';
    numbers[at + lastMsAt] = now;
    if (from !== this.#firsts[slot]) return this.#repeated(slot, payload, from, now);
    numbers[at + ofFirstAt] = Math.min(mostCounted, ofFirst + 1);
    return 'passes';
  }

  #begin(slot: number, tag: number, from: string, now: number): void {
    const at = slot * numbersOfSlot;
    const numbers = this.#numbers;
    numbers[at + tagAt] = tag;
    numbers[at + lastMsAt] = now;
    numbers[at + ofFirstAt] = 1;
    numbers[at + ofOthersAt] = 0;
    this.#firsts[slot] = from;
  }

  #repeated(slot: number, payload: Uint8Array, from: string, now: number): LoopVerdict {
    const at = slot * numbersOfSlot;
    const ofFirst = this.#numbers[at + ofFirstAt]!;
    const ofOthers = Math.min(mostCounted, this.#numbers[at + ofOthersAt]! + 1);
    this.#numbers[at + ofOthersAt] = ofOthers;
    const repetition = (this.#repetitions[slot] ??= newRepetition());
    if (ofOthers === 1) startOver(repetition, from, now);
    if (from !== repetition.second) repetition.third ??= from;
    const { second, third } = repetition;
    const isOneOfTwo = from === second || (from === third && (second === fromNats || third === fromNats));
    if (!isOneOfTwo) repetition.inWindow = Number.NEGATIVE_INFINITY; // many say the same
    if (isPast(now, repetition.windowMs)) {
      repetition.windowMs = now;
      repetition.inWindow = Math.min(0, repetition.inWindow);
    }
    repetition.inWindow += 1;
    if (ofOthers >= closeLook && !hasSameDigest(repetition, payload)) {
      this.#begin(slot, this.#numbers[at + tagAt]!, from, now);
      return 'passes';
    }
    if (repetition.isLoop) return 'stopped';
    if (repetition.inWindow < this.#maxCrossings || ofOthers < minRatio * ofFirst) return 'passes';
    repetition.isLoop = true;
    return 'found';
  }
}

/** As `from`: a NATS client. No client id or node is empty. */
export const fromNats = '';

/** Of times of which the low 32 bits are kept; what seems to come, where the clock was set back, is past. */
const isPast = (now: number, then: number): boolean => (now - then) >>> 0 > loopWindowMs;

function hasSameDigest(repetition: Repetition, payload: Uint8Array): boolean {
  const digest = hashBytes(payload, 0, payload.length, start);
  repetition.digest ??= digest;
  return repetition.digest === digest;
}

const newRepetition = (): Repetition => ({
  digest: undefined,
  second: '',
  third: undefined,
  windowMs: 0,
  inWindow: 0,
  isLoop: false,
});

/** Of another content; its window begins now. */
function startOver(repetition: Repetition, second: string, now: number): void {
  repetition.digest = undefined;
  repetition.second = second;
  repetition.third = undefined;
  repetition.windowMs = now;
  repetition.inWindow = 0;
  repetition.isLoop = false;
}

const start = 0x81_1c_9d_c5;

/** Of the subject, the length, and the ends and the middle of the payload. */
function tagOf(subject: string, payload: Uint8Array): number {
  const { length } = payload;
  let hash = start ^ length;
  for (let at = 0; at < subject.length; at++) hash = mix(hash, subject.charCodeAt(at));
  if (length <= 48) return hashBytes(payload, 0, length, hash);
  const middle = length >> 1;
  hash = hashBytes(payload, 0, 16, hash);
  hash = hashBytes(payload, middle, middle + 16, hash);
  return hashBytes(payload, length - 16, length, hash);
}

/** Four bytes a step. */
function hashBytes(bytes: Uint8Array, from: number, to: number, begun: number): number {
  let hash = begun;
  let at = from;
  for (; at + 4 <= to; at += 4)
    hash = mix(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
  for (; at < to; at++) hash = mix(hash, bytes[at]!);
  return hash ^ (hash >>> 15); // the low bits say which slot, and depend on all bytes
}

/** A product carries differences upwards alone; turned, they come down again. */
function mix(hash: number, more: number): number {
  const product = Math.imul(hash ^ more, 0x9e_37_79_b1);
  return (product << 13) | (product >>> 19);
}
