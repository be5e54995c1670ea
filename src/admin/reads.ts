import { randomBytes } from 'node:crypto';
import type { Events } from '../kernel/telemetry-ports.ts';
import { readGivenUp } from './events.ts';
import type { Page, Reading } from './reading.ts';
import type { ConsoleOptions } from './schema.ts';

export interface ReadsDeps {
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  readonly events: Events;
}

/** A page, and under which name there are more. */
export interface NamedPage extends Page {
  readonly next?: string;
}

/**
 * What is read page by page, under names that cannot be guessed. They are limited in number; idle ones are given up when
 * the next is asked for.
 */
export class Reads {
  readonly #options: () => Pick<ConsoleOptions, 'reads' | 'readIdle'>;
  readonly #deps: ReadsDeps;
  /** The one that was asked for least recently first. */
  readonly #readings = new Map<string, { readonly reading: Reading; readonly askedAt: number }>();

  constructor(options: () => Pick<ConsoleOptions, 'reads' | 'readIdle'>, deps: ReadsDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** The first page. */
  begin(reading: Reading, most: number): Promise<NamedPage> {
    this.#giveUpIdle();
    return this.#read(randomBytes(16).toString('base64url'), reading, most);
  }

  /** The next page. @returns undefined where nothing is read under this name, or somebody reads it just now */
  async goOn(name: string, most: number): Promise<NamedPage | undefined> {
    this.#giveUpIdle();
    const { reading } = this.#readings.get(name) ?? {};
    if (reading === undefined) return undefined;
    this.#readings.delete(name);
    return await this.#read(name, reading, most);
  }

  async #read(name: string, reading: Reading, most: number): Promise<NamedPage> {
    const page = await reading.read(most).catch(async (cause: unknown) => {
      await reading.close();
      throw cause;
    });
    if (reading.isDone) return page;
    this.#readings.set(name, { reading, askedAt: this.#deps.monotonic() });
    while (this.#readings.size > this.#options().reads) this.#giveUpFirst('too-many');
    return { ...page, next: name };
  }

  #giveUpIdle(): void {
    const before = this.#deps.monotonic() - this.#options().readIdle;
    for (const { askedAt } of this.#readings.values()) {
      if (askedAt >= before) return;
      this.#giveUpFirst('idle');
    }
  }

  #giveUpFirst(cause: 'idle' | 'too-many'): void {
    for (const [name, { reading }] of this.#readings) {
      this.#readings.delete(name);
      this.#deps.events.emit(readGivenUp, { cause });
      reading.close().catch(() => undefined); // what it read is gone in any case
      return;
    }
  }
}
