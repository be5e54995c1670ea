import type { LogLine } from './log-line.ts';

/** Lines that wait to be drawn. When more come than the log may show, the oldest are dropped and counted. */
export class LineBuffer {
  readonly #limit: number;
  #lines: LogLine[] = [];
  #dropped = 0;

  /** @param limit lines kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length < this.#limit * 2) return; // cut in large pieces, so that a flood costs little
    this.#cut();
  }

  /** Empties the buffer. @returns the newest lines, and how many older ones were lost since the last call. */
  take(): { readonly lines: readonly LogLine[]; readonly dropped: number } {
    this.#cut();
    const taken = { lines: this.#lines, dropped: this.#dropped };
    this.#lines = [];
    this.#dropped = 0;
    return taken;
  }

  #cut(): void {
    const excess = Math.max(0, this.#lines.length - this.#limit);
    this.#dropped += excess;
    this.#lines.splice(0, excess);
  }
}
