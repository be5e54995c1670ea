import type { Clock } from '../../kernel/clock.ts';

/** A message that JetStream waits for the answer to. */
export interface Taken {
  /** Where it is answered. */
  readonly reply: string;
  readonly bytes: number;
  /** When JetStream heard of it last, on the monotonic clock. */
  heardMs: number;
}

/** What was taken of a stream and is not answered yet. */
export class InFlight {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #taken = new Set<Taken>();
  readonly #whenIdle: (() => void)[] = [];
  #bytes = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  get messages(): number {
    return this.#taken.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(reply: string, bytes: number): Taken {
    const taken = { reply, bytes, heardMs: this.#clock.monotonic() };
    this.#taken.add(taken);
    this.#bytes += bytes;
    return taken;
  }

  remove(taken: Taken): void {
    if (!this.#taken.delete(taken)) return;
    this.#bytes -= taken.bytes;
    if (this.#taken.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Those that JetStream heard of so long ago; from now on it counts as told. */
  overdue(ms: number): readonly Taken[] {
    const now = this.#clock.monotonic();
    const late: Taken[] = [];
    for (const taken of this.#taken) {
      if (now - taken.heardMs < ms) continue;
      taken.heardMs = now;
      late.push(taken);
    }
    return late;
  }

  /** Kept when nothing is left. */
  idle(): Promise<void> {
    if (this.#taken.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }
}
