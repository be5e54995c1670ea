import type { AuthenticationExchange } from './ports.ts';

/** Who wants to know whose turn it is in an exchange. */
export interface ExchangeWatcher {
  /** The client was asked: it has its turn. */
  asked(): void;
  /** It has answered. @throws where nobody can go on with it */
  answered(): void;
  gone(): void;
}

/** An exchange as those see it who judge the client. */
export class WatchedExchange implements AuthenticationExchange {
  readonly #inner: AuthenticationExchange;
  watcher: ExchangeWatcher | undefined;

  constructor(inner: AuthenticationExchange) {
    this.#inner = inner;
  }

  get method(): string {
    return this.#inner.method;
  }

  get data(): Uint8Array | undefined {
    return this.#inner.data;
  }

  async ask(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    this.watcher?.asked();
    const answer = await this.#answerTo(challenge);
    this.watcher?.answered();
    return answer;
  }

  async #answerTo(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    try {
      return await this.#inner.ask(challenge);
    } catch (cause) {
      this.watcher?.gone();
      throw cause;
    }
  }
}
