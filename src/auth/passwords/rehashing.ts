import { messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { passwordNotRehashed, passwordRehashed } from './events.ts';
import { changePasswordFile } from './file.ts';
import { type PasswordLine, withUser } from './lines.ts';

/** A hash in place of the one with which a user has logged in. */
export interface Rehash extends PasswordLine {
  /** The line stays where it is another by now. */
  readonly before: string;
}

export interface RehashingDeps {
  readonly file: string;
  readonly events: Events;
}

/** More wait for nothing but memory; who does not find room is written at a later login. */
const maxWaiting = 10_000;

/** Writes new hashes into the password file: what comes while it writes goes out together. */
export class Rehashing {
  readonly #deps: RehashingDeps;
  readonly #waiting = new Map<string, Rehash>();
  #work: Promise<void> | undefined;
  #isFailing = false;

  constructor(deps: RehashingDeps) {
    this.#deps = deps;
  }

  add(rehash: Rehash): void {
    if (this.#waiting.size >= maxWaiting) return;
    this.#waiting.set(rehash.user, rehash);
    this.#work ??= this.#write().finally(() => (this.#work = undefined));
  }

  /** Once everything is written that came. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #write(): Promise<void> {
    const { file, events } = this.#deps;
    while (this.#waiting.size > 0) {
      const rehashes = [...this.#waiting.values()];
      this.#waiting.clear();
      try {
        let count = 0;
        await changePasswordFile(file, (text) => {
          const taken = rehashes.filter(({ user, before }) => holds(text, `${user}:${before}`));
          count = taken.length;
          return taken.reduce(withUser, text);
        });
        this.#isFailing = false;
        if (count > 0) events.emit(passwordRehashed, { file, count });
      } catch (cause) {
        if (!this.#isFailing) events.emit(passwordNotRehashed, { file, problem: messageOf(cause) });
        this.#isFailing = true;
      }
    }
  }
}

const holds = (text: string, line: string): boolean => `\n${text.replaceAll('\r\n', '\n')}\n`.includes(`\n${line}\n`);
