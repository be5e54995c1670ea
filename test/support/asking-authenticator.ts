import { EventEmitter, once } from 'node:events';
import type { AuthenticationRequest, AuthenticationVerdict, Authenticator } from '../../src/broker/ports.ts';

/** A question that waits for the test to answer it. */
export interface OpenQuestion {
  readonly request: AuthenticationRequest;
  readonly signal: AbortSignal;
  answer(verdict: AuthenticationVerdict): void;
  fail(error: Error): void;
}

export interface AskingAuthenticator extends Authenticator {
  /** How many questions were asked. */
  readonly count: number;
  /** Resolves when it is asked. @param index 0 for the first of all */
  question(index: number): Promise<OpenQuestion>;
}

export const accepted = (principal: string, trust = 'test'): AuthenticationVerdict => ({
  kind: 'accept',
  principal,
  trust,
});

/** Knows nobody by itself. @param known who is decided at once, by client id */
export function askingAuthenticator(known: Readonly<Record<string, AuthenticationVerdict>> = {}): AskingAuthenticator {
  const asked: OpenQuestion[] = [];
  const arrivals = new EventEmitter();
  return {
    get count() {
      return asked.length;
    },
    async question(index) {
      for (;;) {
        const question = asked[index];
        if (question !== undefined) return question;
        await once(arrivals, 'asked');
      }
    },
    authenticate: (request) =>
      known[request.clientId] ??
      ((signal) =>
        new Promise((answer, fail) => {
          asked.push({ request, signal, answer, fail });
          arrivals.emit('asked');
        })),
  };
}
