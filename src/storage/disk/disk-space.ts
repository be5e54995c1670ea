import { statfsSync } from 'node:fs';

/** Left free, so that messages can still be acknowledged: removing needs room too, for a moment. */
const reservedBytes = 4_194_304;
const maxAgeMs = 200;
const maxWrittenBytes = 1_048_576;

/** Whether the disk of a folder takes more; asked for every message, looked up now and then. */
export class DiskSpace {
  readonly #folder: string;
  readonly #now: () => number;
  #freeBytes = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #writtenBytes = 0;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(folder: string, now: () => number = () => performance.now()) {
    this.#folder = folder;
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
    this.#freeBytes = bavail * bsize;
    this.#readAt = this.#now();
    this.#writtenBytes = 0;
  }
}
