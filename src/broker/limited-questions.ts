import { messageOf } from '../kernel/errors.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../kernel/timer-wheel.ts';
import { connectUnanswered, type UnansweredCause } from './events.ts';
import type { AuthenticationQuestion, AuthenticationVerdict, Peer, RejectionCode } from './ports.ts';
import type { LimitsOptions } from './schema.ts';
import type { WatchedExchange } from './watched-exchange.ts';

export interface LimitedQuestionsDeps {
  readonly limits: () => Pick<LimitsOptions, 'connectsWaiting' | 'authenticationTimeout'>;
  readonly wheel: TimerWheel;
  readonly events: Events;
}

const codes: Readonly<Record<UnansweredCause, RejectionCode>> = {
  full: 'busy',
  timeout: 'unavailable',
  failed: 'unavailable',
  silent: 'not-authorized',
};

/**
 * Questions who a client is: limited in number and time, and over with the client. While it is the client's turn to say
 * something, nobody works for it: the time goes on, and its place is free for those who wait for others.
 */
export class LimitedQuestions {
  readonly #deps: LimitedQuestionsDeps;
  #count = 0;

  constructor(deps: LimitedQuestionsDeps) {
    this.#deps = deps;
  }

  /**
   * @param whenGone takes what is to be called when the client is gone before there is a verdict
   * @param exchange of a client that named an Authentication Method
   * @returns undefined when the client is gone
   */
  async ask(
    { listener }: Pick<Peer, 'listener'>,
    question: AuthenticationQuestion,
    whenGone: (giveUp: () => void) => void,
    exchange?: WatchedExchange,
  ): Promise<AuthenticationVerdict | undefined> {
    const { connectsWaiting: most, authenticationTimeout: timeoutMs } = this.#deps.limits();
    const unanswered = (cause: UnansweredCause, reason: string): AuthenticationVerdict => {
      this.#deps.events.emit(connectUnanswered, { listener, cause });
      return { kind: 'reject', code: codes[cause], reason };
    };
    const full = (): AuthenticationVerdict =>
      unanswered('full', `${most} clients wait already to be told whether they may connect (limits.connectsWaiting)`);
    if (this.#count >= most) return full();
    this.#count += 1;
    let hasPlace = true;
    const within = `within limits.authenticationTimeout (${timeoutMs} ms)`;
    const late = (): AuthenticationVerdict =>
      hasPlace
        ? unanswered('timeout', `nobody said who it is ${within}`)
        : unanswered('silent', `it did not say what its Authentication Method needs ${within}`);
    const controller = new AbortController();
    let cancel = (): void => undefined;
    const ended = new Promise<AuthenticationVerdict | undefined>((resolve) => {
      const timer = this.#deps.wheel.add(timeoutMs, () => resolve(late()));
      cancel = () => timer.cancel();
      const gone = (): void => {
        controller.abort();
        resolve(undefined);
      };
      whenGone(gone);
      if (exchange === undefined) return;
      exchange.watcher = {
        asked: () => {
          this.#count -= 1;
          hasPlace = false;
        },
        answered: () => {
          if (this.#count >= most) {
            controller.abort();
            resolve(full());
            throw new Error('all places are taken');
          }
          this.#count += 1;
          hasPlace = true;
        },
        gone,
      };
    });
    const asked = ask(question, controller.signal).catch((cause: unknown) =>
      controller.signal.aborted ? undefined : unanswered('failed', `nobody could say who it is: ${messageOf(cause)}`),
    );
    try {
      return await Promise.race([asked, ended]);
    } finally {
      cancel();
      if (exchange !== undefined) exchange.watcher = undefined;
      if (hasPlace) this.#count -= 1;
      controller.abort(); // nobody waits any more
    }
  }
}

/** Whatever it throws is a promise that is broken. */
const ask = async (question: AuthenticationQuestion, signal: AbortSignal): Promise<AuthenticationVerdict> =>
  question(signal);
