/** Lines as they come in, and promises for those that will. */
export class Lines {
  readonly #lines: string[] = [];
  readonly #waiters = new Set<{ pattern: RegExp; resolve: (line: string) => void }>();
  #rest = '';

  push(text: string): void {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const line of parts) {
      this.#lines.push(line);
      for (const waiter of this.#waiters) {
        if (!waiter.pattern.test(line)) continue;
        this.#waiters.delete(waiter);
        waiter.resolve(line);
      }
    }
  }

  all(): readonly string[] {
    return this.#lines;
  }

  text(): string {
    return `${this.#lines.join('\n')}\n${this.#rest}`;
  }

  count(pattern: RegExp): number {
    return this.#lines.filter((line) => pattern.test(line)).length;
  }

  /** The first line that matches, past or future; the test's own time limit ends the wait. */
  waitFor(pattern: RegExp): Promise<string> {
    const past = this.#lines.find((line) => pattern.test(line));
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => this.#waiters.add({ pattern, resolve }));
  }
}
