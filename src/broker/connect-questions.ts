import { LimitedQuestions, type LimitedQuestionsDeps } from './limited-questions.ts';
import type {
  Acceptance,
  AuthenticationQuestion,
  AuthenticationRequest,
  AuthenticationVerdict,
  Authenticator,
  Identity,
  Rejection,
} from './ports.ts';
import { WatchedExchange } from './watched-exchange.ts';

/** A verdict that somebody gave; `overtaken`: a newer CONNECT of the same client was decided before this one. */
export type ConnectVerdict = Acceptance | Rejection | { readonly kind: 'overtaken' };

export interface ConnectQuestionsDeps extends LimitedQuestionsDeps {
  readonly authenticator: Authenticator;
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
  readonly #authenticator: Authenticator;
  readonly #questions: LimitedQuestions;
  /** By client id, in the order in which they came. */
  readonly #waiting = new Map<string, Set<Waiting>>();

  constructor(deps: ConnectQuestionsDeps) {
    this.#authenticator = deps.authenticator;
    this.#questions = new LimitedQuestions(deps);
  }

  /**
   * @param whenGone takes what is to be called when the client is gone before there is a verdict
   * @returns undefined when the client is gone
   */
  ask(
    request: AuthenticationRequest,
    whenGone: (giveUp: () => void) => void,
  ): ConnectVerdict | Promise<ConnectVerdict | undefined> {
    const exchange = request.exchange && new WatchedExchange(request.exchange);
    const answer = this.#answerTo(request, exchange);
    if (typeof answer === 'function') return this.#wait(request, answer, whenGone, exchange);
    if (this.#waiting.size > 0) this.#overtakes(request.clientId, answer, undefined);
    return decided(answer);
  }

  /** The same of a client that is connected, and overtakes nobody. */
  async askAgain(
    request: AuthenticationRequest,
    whenGone: (giveUp: () => void) => void,
  ): Promise<Acceptance | Rejection | undefined> {
    const exchange = request.exchange && new WatchedExchange(request.exchange);
    const answer = this.#answerTo(request, exchange);
    const verdict =
      typeof answer === 'function' ? await this.#questions.ask(request.peer, answer, whenGone, exchange) : answer;
    return verdict && decided(verdict);
  }

  /** An exchange that nobody understands must not be taken for a CONNECT without one. [MQTT-4.12.0-1] */
  #answerTo(
    request: AuthenticationRequest,
    exchange: WatchedExchange | undefined,
  ): AuthenticationVerdict | AuthenticationQuestion {
    if (exchange === undefined) return this.#authenticator.authenticate(request);
    const { peer } = request;
    if (this.#authenticator.serves?.(peer, exchange.method) === true)
      return this.#authenticator.authenticate({ ...request, exchange });
    return {
      kind: 'reject',
      code: 'method',
      reason: `nobody on listener "${peer.listener}" serves the Authentication Method ${JSON.stringify(exchange.method.slice(0, 64))}; see listeners[].authentication`,
    };
  }

  async #wait(
    { clientId, peer }: AuthenticationRequest,
    question: AuthenticationQuestion,
    whenGone: (giveUp: () => void) => void,
    exchange: WatchedExchange | undefined,
  ): Promise<ConnectVerdict | undefined> {
    const waiting = this.#add(clientId);
    try {
      const verdict = await this.#questions.ask(peer, question, whenGone, exchange);
      return verdict && this.#answered(waiting, verdict);
    } finally {
      this.#delete(waiting);
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
    return waiting;
  }

  #delete(waiting: Waiting): void {
    const others = this.#waiting.get(waiting.clientId);
    others?.delete(waiting);
    if (others?.size === 0) this.#waiting.delete(waiting.clientId);
  }
}

const decided = (verdict: AuthenticationVerdict): Acceptance | Rejection =>
  verdict.kind === 'abstain'
    ? { kind: 'reject', reason: verdict.reason ?? 'not authorized: nobody knows who it is' }
    : verdict;
