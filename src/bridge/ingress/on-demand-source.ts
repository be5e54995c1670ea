import type { MessagePort } from '../../broker/ports.ts';
import type { RuleSource } from './source.ts';

/** Messages of another source, while connected clients subscribe to topics that they may come on. */
export class OnDemandSource implements RuleSource {
  readonly #source: RuleSource;
  readonly #plane: Pick<MessagePort, 'watch'>;
  readonly #topicFilter: string;
  #unwatch: () => void = () => undefined;
  /** Filters of clients that want them. */
  #wanted = 0;
  #isTaking = false;

  constructor(source: RuleSource, plane: Pick<MessagePort, 'watch'>, topicFilter: string) {
    this.#source = source;
    this.#plane = plane;
    this.#topicFilter = topicFilter;
  }

  get inFlight(): number | undefined {
    return this.#source.inFlight;
  }

  hold(): void {
    this.#unwatch = this.#plane.watch(this.#topicFilter, {
      appeared: () => {
        this.#wanted += 1;
        if (this.#wanted === 1) this.#resume();
      },
      disappeared: () => {
        this.#wanted -= 1;
        if (this.#wanted === 0) this.#source.end();
      },
    });
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#source.check(signal);
  }

  begin(): void {
    this.#isTaking = true;
    if (this.#wanted > 0) this.#source.begin();
  }

  end(): void {
    this.#unwatch();
    this.#isTaking = false;
    this.#source.end();
  }

  ended(deadline: AbortSignal): Promise<void> {
    return this.#source.ended(deadline);
  }

  #resume(): void {
    this.#source.hold();
    if (this.#isTaking) this.#source.begin();
  }
}
