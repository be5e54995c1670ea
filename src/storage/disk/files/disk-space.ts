import { statfsSync } from 'node:fs';
import { systemClock } from '../../../kernel/clock.ts';

/** Left free, so that messages can still be acknowledged: removing needs room too, for a moment. */
const reservedBytes = 4_194_304;
const maxAgeMs = 200;
const maxWrittenBytes = 1_048_576;

export interface DiskSpaceDeps {
  /** Bytes within the files that are free to be written again. */
  readonly reusableBytes: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/**
 * Whether the files of a folder take more; asked for every message, looked up now and then. The files never shrink, so
 * what was removed from them counts as room: without it a disk that the files filled would stay full for ever.
 */
export class DiskSpace {
  readonly #folder: string;
  readonly #reusableBytes: () => number;
  readonly #now: () => number;
  #freeBytes = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #writtenBytes = 0;

  constructor(folder: string, { reusableBytes, now = systemClock.monotonic }: DiskSpaceDeps) {
    this.#folder = folder;
    this.#reusableBytes = reusableBytes;
    this.#now = now;
  }

  /** @param bytes about to be written. */
  hasRoom(bytes: number): boolean {
    this.#writtenBytes += bytes;
    if (this.#writtenBytes > maxWrittenBytes || this.#now() - this.#readAt > maxAgeMs) this.#read();
    return this.#freeBytes > reservedBytes + bytes;
  }

  #read(): void {
    const { bavail, bsize } = statfsSync(this.#folder);
    this.#freeBytes = bavail * bsize + this.#reusableBytes();
    this.#readAt = this.#now();
    this.#writtenBytes = 0;
  }
}
