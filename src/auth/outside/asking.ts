import type { Clock } from '../../kernel/clock.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { Breaker } from './breaker.ts';
import { type AnswerOutcome, type ServiceName, serviceAsked, serviceBack, serviceOut } from './events.ts';
import type { ServiceOptions } from './schema.ts';
import { type Remembered, VerdictMemory } from './verdict-memory.ts';

/** What a service is asked about one client. */
export interface Question<V> {
  readonly kind: 'question';
  /** All that the answer may depend on. */
  readonly parts: readonly (string | Uint8Array)[];
  /** @returns what it says; or the sentence that says why it says nothing. Never rejects, but when it is aborted. */
  ask(signal: AbortSignal): Promise<V | string>;
}

/** Why there is no verdict: it could not be asked. `full`: not now. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly outcome: 'failed' | 'full' | 'out';
  /** A sentence for the log. */
  readonly reason: string;
}

export interface AskedService<V> {
  readonly name: ServiceName;
  /** For the log and the counters. */
  outcomeOf(verdict: V): AnswerOutcome;
  /** When a verdict ends by itself, by the wall clock. */
  endOf(verdict: V): number | undefined;
}

export interface AskingDeps {
  readonly clock: Clock;
  readonly events: Events;
}

/** Asks a service: seldom twice, never too much at a time, and for a while not at all where it fails. */
export class Asking<V> {
  readonly #options: Omit<ServiceOptions, 'timeout'>;
  readonly #service: AskedService<V>;
  readonly #events: Events;
  readonly #memory: VerdictMemory<V>;
  readonly #breaker: Breaker;
  #underWay = 0;

  constructor(options: Omit<ServiceOptions, 'timeout'>, service: AskedService<V>, { clock, events }: AskingDeps) {
    const { remember: durationMs, memory: maxBytes, failures, pause: pauseMs } = options;
    this.#options = options;
    this.#service = service;
    this.#events = events;
    this.#memory = new VerdictMemory({ durationMs, maxBytes }, clock, (verdict) => service.endOf(verdict));
    this.#breaker = new Breaker({ failures, pauseMs }, clock);
  }

  /** Names the question. */
  keyOf({ parts }: Question<V>): string {
    return this.#memory.keyOf(parts);
  }

  /** @returns what is known without asking: what was said a while ago, or that nobody can be asked now */
  known(key: string): Remembered<V> | Unanswered | undefined {
    const remembered = this.#memory.get(key);
    if (remembered !== undefined) {
      this.#tell('remembered');
      return remembered;
    }
    if (this.#breaker.isOpen) return this.#out();
    return this.#underWay >= this.#options.waiting ? this.#full() : undefined;
  }

  /** Rejects only when it is aborted. */
  async ask(question: Question<V>, key: string, signal: AbortSignal): Promise<Remembered<V> | Unanswered> {
    if (this.#underWay >= this.#options.waiting) return this.#full();
    const end = this.#breaker.begin();
    if (end === undefined) return this.#out();
    this.#underWay += 1;
    let answer: V | string | undefined;
    try {
      answer = await question.ask(signal);
    } finally {
      this.#underWay -= 1;
      if (answer === undefined || signal.aborted) end('given-up');
    }
    signal.throwIfAborted();
    const service = this.#service.name;
    if (typeof answer === 'string') {
      if (end('failed') === 'out')
        this.#events.emit(serviceOut, { service, problem: answer, pauseMs: this.#options.pause });
      return this.#unanswered('failed', answer);
    }
    if (end('answered') === 'back') this.#events.emit(serviceBack, { service });
    this.#tell(this.#service.outcomeOf(answer));
    return this.#memory.set(key, answer);
  }

  #out(): Unanswered {
    return this.#unanswered('out', 'it failed again and again, and is not asked for a while');
  }

  #full(): Unanswered {
    const { name } = this.#service;
    return this.#unanswered('full', `${this.#options.waiting} questions are under way (access.${name}.waiting)`);
  }

  #unanswered(outcome: Unanswered['outcome'], problem: string): Unanswered {
    this.#tell(outcome, problem);
    return {
      kind: 'unanswered',
      outcome,
      reason: `access.${this.#service.name} could not be asked about it: ${problem}`,
    };
  }

  #tell(outcome: AnswerOutcome, problem?: string): void {
    this.#events.emit(serviceAsked, { service: this.#service.name, outcome, problem });
  }
}
