import type { AuthenticationRequest, AuthenticationVerdict, Authenticator, Rejection } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { Breaker } from './breaker.ts';
import { type AnswerOutcome, type ServiceName, serviceAsked, serviceBack, serviceOut } from './events.ts';
import type { ServiceOptions } from './schema.ts';
import { VerdictMemory } from './verdict-memory.ts';

/** What a service is asked about one client. */
export interface Question {
  readonly kind: 'question';
  /** All that the answer may depend on. */
  readonly parts: readonly (string | Uint8Array)[];
  /** @returns what it says; or the sentence that says why it says nothing. Never rejects, but when it is aborted. */
  ask(signal: AbortSignal): Promise<AuthenticationVerdict | string>;
}

/** Someone outside of the broker who knows clients. */
export interface Service {
  readonly name: ServiceName;
  /** @returns what to ask; or a verdict where it needs no asking */
  questionOf(request: AuthenticationRequest): Question | AuthenticationVerdict;
}

export interface ServiceAuthenticatorDeps {
  readonly service: Service;
  readonly clock: Clock;
  readonly events: Events;
}

/** Asks a service who a client is: seldom twice, never too many at a time, and for a while not at all where it fails. */
export function createServiceAuthenticator(
  options: Omit<ServiceOptions, 'timeout'>,
): (deps: ServiceAuthenticatorDeps) => Authenticator {
  return ({ service, clock, events }) => {
    const { name } = service;
    const memory = new VerdictMemory({ durationMs: options.remember, maxBytes: options.memory }, clock);
    const breaker = new Breaker({ failures: options.failures, pauseMs: options.pause }, clock);
    let underWay = 0;
    const told = (outcome: AnswerOutcome, problem?: string): void =>
      events.emit(serviceAsked, { service: name, outcome, problem });
    const refuse = (outcome: 'failed' | 'full' | 'out', problem: string): Rejection => {
      told(outcome, problem);
      return {
        kind: 'reject',
        code: outcome === 'full' ? 'busy' : 'unavailable',
        reason: `access.${name} could not be asked about it: ${problem}`,
      };
    };
    const out = (): Rejection => refuse('out', 'it failed again and again, and is not asked for a while');
    const full = (): Rejection =>
      refuse('full', `${options.waiting} questions are under way (access.${name}.authenticate.waiting)`);

    const ask = async (question: Question, key: string, signal: AbortSignal): Promise<AuthenticationVerdict> => {
      if (underWay >= options.waiting) return full();
      const end = breaker.begin();
      if (end === undefined) return out();
      underWay += 1;
      let answer: AuthenticationVerdict | string | undefined;
      try {
        answer = await question.ask(signal);
      } finally {
        underWay -= 1;
        if (answer === undefined || signal.aborted) end('given-up');
      }
      signal.throwIfAborted();
      if (typeof answer === 'string') {
        if (end('failed') === 'out')
          events.emit(serviceOut, { service: name, problem: answer, pauseMs: options.pause });
        return refuse('failed', answer);
      }
      if (end('answered') === 'back') events.emit(serviceBack, { service: name });
      memory.set(key, answer);
      told(outcomes[answer.kind]);
      return answer;
    };
    return {
      authenticate(request) {
        const question = service.questionOf(request);
        if (question.kind !== 'question') return question;
        const key = memory.keyOf(question.parts);
        const remembered = memory.get(key);
        if (remembered !== undefined) {
          told('remembered');
          return remembered;
        }
        if (breaker.isOpen) return out();
        return underWay >= options.waiting ? full() : (signal) => ask(question, key, signal);
      },
    };
  };
}

const outcomes = { accept: 'allow', reject: 'deny', abstain: 'ignore' } as const;
