import { expect, test } from 'vitest';
import { authenticationRequest } from '../../test/support/authentication-request.ts';
import type { AuthenticationVerdict, Authenticator } from '../broker/ports.ts';
import { createChain } from './chain.ts';

const accept = { kind: 'accept', principal: 'ann', trust: 'test' } as const;
const reject = { kind: 'reject', reason: 'no' } as const;
const abstain = { kind: 'abstain' } as const;

const says = (verdict: AuthenticationVerdict): Authenticator => ({ authenticate: () => verdict });
const asks = (verdict: AuthenticationVerdict, signals: AbortSignal[] = []): Authenticator => ({
  authenticate: () => (signal) => {
    signals.push(signal);
    return Promise.resolve(verdict);
  },
});
const unasked: Authenticator = {
  authenticate: () => {
    throw new Error('it must not be asked');
  },
};
const answerOf = (...providers: Authenticator[]) => createChain(providers).authenticate(authenticationRequest());

test('the first that accepts or rejects decides, and nobody behind it is asked', () => {
  expect(answerOf(says(abstain), says(accept), unasked)).toEqual(accept);
  expect(answerOf(says(reject), unasked)).toEqual(reject);
});

test('where all abstain the client is refused, with what they said', () => {
  expect(
    answerOf(says({ ...abstain, reason: 'no certificate' }), says(abstain), says({ ...abstain, reason: 'no key' })),
  ).toEqual({
    kind: 'reject',
    code: 'not-authorized',
    reason: 'not authorized: no certificate; no key',
  });
  expect(answerOf()).toMatchObject({ reason: 'not authorized: nobody knows who it is' });
});

test('what is known at once is answered at once, and a question begins with who has to ask', async () => {
  const signals: AbortSignal[] = [];
  const question = answerOf(
    says(abstain),
    asks(abstain, signals),
    says({ ...abstain, reason: 'b' }),
    asks(accept, signals),
    unasked,
  );
  if (typeof question !== 'function') throw new Error('there is a question');
  expect(signals).toEqual([]); // nothing has begun
  const { signal } = new AbortController();
  expect(await question(signal)).toEqual(accept);
  expect(signals).toEqual([signal, signal]);
});

test('reasons are kept over questions', async () => {
  const question = answerOf(
    says({ ...abstain, reason: 'a' }),
    asks({ ...abstain, reason: 'b' }),
    says({ ...abstain, reason: 'c' }),
  );
  if (typeof question !== 'function') throw new Error('there is a question');
  expect(await question(AbortSignal.timeout(1_000))).toMatchObject({
    kind: 'reject',
    reason: 'not authorized: a; b; c',
  });
});
