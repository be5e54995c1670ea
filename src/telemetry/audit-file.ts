import { closeSync, fchmodSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import type { Clock } from '../kernel/clock.ts';

/** Only its owner may read who came in and from where. */
const fileMode = 0o600;
/** Whether the file was moved away is looked at no more often than this. */
const lookMs = 1_000;

export interface AuditFileOptions {
  readonly file: string;
  /** Bytes; a file that would grow beyond is put aside as `FILE.1`, in place of the one before. */
  readonly size: number;
}

/**
 * A file that lines are added to, each in one synchronous write, so that what is in it outlives the process. A file
 * that was moved away (logrotate) is begun anew.
 */
export class AuditFile {
  readonly #path: string;
  readonly #size: number;
  readonly #clock: Clock;
  #descriptor: number;
  #bytes: number;
  #lookedAt: number;

  /** @throws the error of the system where the file cannot be opened */
  constructor({ file, size }: AuditFileOptions, clock: Clock) {
    this.#path = file;
    this.#size = size;
    this.#clock = clock;
    this.#descriptor = openPrivate(file);
    this.#bytes = fstatSync(this.#descriptor).size;
    this.#lookedAt = clock.monotonic();
  }

  /** @throws the error of the system where the line is not written, on a full disk for instance */
  write(line: string): void {
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt >= lookMs) {
      this.#lookedAt = now;
      if (this.#isMoved()) this.#begin();
    }
    const bytes = Buffer.from(line);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#size) {
      renameSync(this.#path, `${this.#path}.1`);
      this.#begin();
    }
    this.#bytes += writeSync(this.#descriptor, bytes);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #isMoved(): boolean {
    const named = statSync(this.#path, { throwIfNoEntry: false });
    const open = fstatSync(this.#descriptor);
    return named === undefined || named.ino !== open.ino || named.dev !== open.dev;
  }

  #begin(): void {
    const next = openPrivate(this.#path);
    closeSync(this.#descriptor);
    this.#descriptor = next;
    this.#bytes = fstatSync(next).size;
  }
}

function openPrivate(path: string): number {
  const descriptor = openSync(path, 'a', fileMode);
  if ((fstatSync(descriptor).mode & 0o077) !== 0) fchmodSync(descriptor, fileMode); // it was there before
  return descriptor;
}
