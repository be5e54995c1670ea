import { messageOf } from '../kernel/errors.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../kernel/timer-wheel.ts';
import { connectUnanswered } from './events.ts';
import type {
  Acceptance,
  AuthenticationQuestion,
  AuthenticationRequest,
  AuthenticationVerdict,
  Authenticator,
  Identity,
  Rejection,
} from './ports.ts';
import type { LimitsOptions } from './schema.ts';

/** A verdict that somebody gave; `overtaken`: a newer CONNECT of the same client was decided before this one. */
export type ConnectVerdict = Acceptance | Rejection | { readonly kind: 'overtaken' };

export interface ConnectQuestionsDeps {
  readonly limits: () => Pick<LimitsOptions, 'connectsWaiting' | 'authenticationTimeout'>;
  readonly authenticator: Authenticator;
  readonly wheel: TimerWheel;
  readonly events: Events;
}

/** The owner of a session, as one text. */
export const ownerOf = ({ principal, trust }: Identity): string => JSON.stringify([principal, trust]);

/** One CONNECT that waits for its verdict. */
interface Waiting {
  readonly clientId: string;
  /** Who was let in under its client id by CONNECTs that came after it. */
  readonly overtakenBy: Set<string>;
}

/**
 * Asks who a client is. What is known at once costs nothing more; what has to be asked elsewhere is limited in number and
 * time, and ends with the client. However long an answer takes, the CONNECT that came last wins. [MQTT-3.1.4-3]
 */
export class ConnectQuestions {
  readonly #deps: ConnectQuestionsDeps;
  /** By client id, in the order in which they came. */
  readonly #waiting = new Map<string, Set<Waiting>>();
  #count = 0;

  constructor(deps: ConnectQuestionsDeps) {
    this.#deps = deps;
  }

  /**
   * @param whenGone takes what is to be called when the client is gone before there is a verdict
   * @returns undefined when the client is gone
   */
  ask(
    request: AuthenticationRequest,
    whenGone: (giveUp: () => void) => void,
  ): ConnectVerdict | Promise<ConnectVerdict | undefined> {
    const answer = this.#deps.authenticator.authenticate(request);
    if (typeof answer === 'function') return this.#wait(request, answer, whenGone);
    if (this.#count > 0) this.#overtakes(request.clientId, answer, undefined);
    return decided(answer);
  }

  async #wait(
    { clientId, peer }: AuthenticationRequest,
    question: AuthenticationQuestion,
    whenGone: (giveUp: () => void) => void,
  ): Promise<ConnectVerdict | undefined> {
    const { connectsWaiting: most, authenticationTimeout: timeoutMs } = this.#deps.limits();
    const unanswered = (cause: 'full' | 'timeout' | 'failed', reason: string): ConnectVerdict => {
      this.#deps.events.emit(connectUnanswered, { listener: peer.listener, cause });
      return { kind: 'reject', code: cause === 'full' ? 'busy' : 'unavailable', reason };
    };
    if (this.#count >= most)
      return unanswered(
        'full',
        `${most} clients wait already to be told whether they may connect (limits.connectsWaiting)`,
      );
    const waiting = this.#add(clientId);
    const controller = new AbortController();
    const late = `nobody said who it is within limits.authenticationTimeout (${timeoutMs} ms)`;
    let cancel = (): void => undefined;
    const ended = new Promise<ConnectVerdict | undefined>((resolve) => {
      const timer = this.#deps.wheel.add(timeoutMs, () => resolve(unanswered('timeout', late)));
      cancel = () => timer.cancel();
      whenGone(() => resolve(undefined));
    });
    const asked = ask(question, controller.signal).then(
      (verdict) => (controller.signal.aborted ? undefined : this.#answered(waiting, verdict)), // too late to overtake
      (cause: unknown) =>
        controller.signal.aborted ? undefined : unanswered('failed', `nobody could say who it is: ${messageOf(cause)}`),
    );
    try {
      return await Promise.race([asked, ended]);
    } finally {
      cancel();
      this.#delete(waiting);
      controller.abort(); // nobody waits any more
    }
  }

  #answered(waiting: Waiting, verdict: AuthenticationVerdict): ConnectVerdict {
    if (verdict.kind !== 'accept') return decided(verdict);
    if (waiting.overtakenBy.has(ownerOf(verdict))) return { kind: 'overtaken' };
    this.#overtakes(waiting.clientId, verdict, waiting);
    return verdict;
  }

  /** Whoever came before it, and turns out to be the same client, is too late. @param newer undefined: it came last */
  #overtakes(clientId: string, verdict: AuthenticationVerdict, newer: Waiting | undefined): void {
    if (verdict.kind !== 'accept') return;
    for (const older of this.#waiting.get(clientId) ?? []) {
      if (older === newer) return;
      older.overtakenBy.add(ownerOf(verdict));
    }
  }

  #add(clientId: string): Waiting {
    const waiting: Waiting = { clientId, overtakenBy: new Set() };
    const others = this.#waiting.get(clientId);
    if (others === undefined) this.#waiting.set(clientId, new Set([waiting]));
    else others.add(waiting);
    this.#count += 1;
    return waiting;
  }

  #delete(waiting: Waiting): void {
    const others = this.#waiting.get(waiting.clientId);
    others?.delete(waiting);
    if (others?.size === 0) this.#waiting.delete(waiting.clientId);
    this.#count -= 1;
  }
}

/** Whatever it throws is a promise that is broken. */
const ask = async (question: AuthenticationQuestion, signal: AbortSignal): Promise<AuthenticationVerdict> =>
  question(signal);

const decided = (verdict: AuthenticationVerdict): ConnectVerdict =>
  verdict.kind === 'abstain'
    ? { kind: 'reject', reason: verdict.reason ?? 'not authorized: nobody knows who it is' }
    : verdict;
