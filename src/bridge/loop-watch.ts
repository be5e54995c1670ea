import type { Clock } from '../kernel/clock.ts';

/** What is known of one content: a subject with a payload, while it comes again and again. */
interface Content {
  tag: number;
  /** Of the whole payload, once somebody else repeats it often. */
  digest: number | undefined;
  /** Who sent it first: a client, a node or NATS; and who else does. */
  first: string;
  second: string | undefined;
  third: string | undefined;
  ofFirst: number;
  ofOthers: number;
  lastMs: number;
  windowMs: number;
  inWindow: number;
  isLoop: boolean;
}

const slotCount = 16_384;
export const loopWindowMs = 2_000;
/** Copies of a loop for each message that was put into it; two publishers who say the same are far below. */
const minRatio = 16;
/** Repetitions by others from which on all of the payload is compared. */
const closeLook = 8;

/** What `LoopWatch.sees` says of a message; `found`: of the first that is stopped. */
export type Verdict = 'passes' | 'found' | 'stopped';

/**
 * Finds messages that a foreign bridge carries round, from NATS to this broker or back: such a bridge keeps no header
 * that would tell. One content goes round where somebody sent it once or a few times, and then one other end, or one
 * client and NATS, send it `maxCrossings` times in two seconds and 16 times as often as the first. Its copies are
 * stopped until they stay away for two seconds; who sent it first may send it again. Whoever repeats his own messages
 * is never stopped, nor are three or more who say the same.
 *
 * It remembers a fixed number of contents by their hash and allocates nothing once it is warm.
 */
export class LoopWatch {
  readonly #maxCrossings: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #slots: (Content | undefined)[] = Array.from({ length: slotCount });

  constructor(maxCrossings: number, clock: Pick<Clock, 'now'>) {
    this.#maxCrossings = maxCrossings;
    this.#clock = clock;
  }

  /** Notes that a message crosses the bridge. @param from who sent it */
  sees(subject: string, payload: Uint8Array, from: string): Verdict {
    const now = this.#clock.now();
    const tag = tagOf(subject, payload);
    const content = this.#slots[tag & (slotCount - 1)];
    if (content === undefined) {
      this.#slots[tag & (slotCount - 1)] = newContent(tag, from, now);
      return 'passes';
    }
    const isOver = now - content.lastMs > loopWindowMs;
    if (content.tag !== tag) {
      if (isOver || content.ofFirst + content.ofOthers === 1) begin(content, tag, from, now);
      return 'passes';
    }
    if (isOver) {
      begin(content, tag, from, now);
      return 'passes';
    }
    content.lastMs = now;
    if (from === content.first) {
      content.ofFirst += 1;
      return 'passes';
    }
    return this.#repeated(content, payload, from, now);
  }

  #repeated(content: Content, payload: Uint8Array, from: string, now: number): Verdict {
    content.second ??= from;
    if (from !== content.second) content.third ??= from;
    content.ofOthers += 1;
    const isOneOfTwo = from === content.second || (from === content.third && oneIsNats(content));
    if (!isOneOfTwo) content.inWindow = Number.NEGATIVE_INFINITY; // many say the same
    if (now - content.windowMs > loopWindowMs) {
      content.windowMs = now;
      content.inWindow = Math.min(0, content.inWindow);
    }
    content.inWindow += 1;
    if (content.ofOthers >= closeLook && !hasSameDigest(content, payload)) {
      begin(content, content.tag, from, now);
      return 'passes';
    }
    if (content.isLoop) return 'stopped';
    if (content.inWindow < this.#maxCrossings || content.ofOthers < minRatio * content.ofFirst) return 'passes';
    content.isLoop = true;
    return 'found';
  }
}

/** As `from`: a NATS client. No client id or node is empty. */
export const fromNats = '';

const oneIsNats = ({ second, third }: Content): boolean => second === fromNats || third === fromNats;

function hasSameDigest(content: Content, payload: Uint8Array): boolean {
  const digest = hashBytes(payload, 0, payload.length, start);
  content.digest ??= digest;
  return content.digest === digest;
}

const newContent = (tag: number, first: string, now: number): Content => ({
  tag,
  digest: undefined,
  first,
  second: undefined,
  third: undefined,
  ofFirst: 1,
  ofOthers: 0,
  lastMs: now,
  windowMs: now,
  inWindow: 0,
  isLoop: false,
});

function begin(content: Content, tag: number, first: string, now: number): void {
  content.tag = tag;
  content.digest = undefined;
  content.first = first;
  content.second = undefined;
  content.third = undefined;
  content.ofFirst = 1;
  content.ofOthers = 0;
  content.lastMs = now;
  content.windowMs = now;
  content.inWindow = 0;
  content.isLoop = false;
}

const start = 0x81_1c_9d_c5;

/** FNV-1a of the subject, the length, and the ends and the middle of the payload. */
function tagOf(subject: string, payload: Uint8Array): number {
  let hash = start;
  for (let at = 0; at < subject.length; at++) hash = Math.imul(hash ^ subject.charCodeAt(at), 0x01_00_01_93);
  const { length } = payload;
  hash = Math.imul(hash ^ length, 0x01_00_01_93);
  if (length <= 48) return hashBytes(payload, 0, length, hash) >>> 0;
  const middle = length >> 1;
  hash = hashBytes(payload, 0, 16, hash);
  hash = hashBytes(payload, middle, middle + 16, hash);
  return hashBytes(payload, length - 16, length, hash) >>> 0;
}

function hashBytes(bytes: Uint8Array, from: number, to: number, begun: number): number {
  let hash = begun;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01_00_01_93);
  return hash;
}
