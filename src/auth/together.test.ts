import { describe, expect, test } from 'vitest';
import { authenticationRequest } from '../../test/support/authentication-request.ts';
import type { AuthenticationVerdict, Authenticator } from '../broker/ports.ts';
import { together } from './together.ts';

const pump = { kind: 'accept', principal: 'pump', trust: 'certificate:folder' } as const;
const ann = { kind: 'accept', principal: 'ann', trust: 'password:file', isPasswordChecked: true } as const;
const reject = { kind: 'reject', reason: 'no' } as const;
const abstain = { kind: 'abstain', reason: 'no password' } as const;

const atOnce = (verdict: AuthenticationVerdict): Authenticator => ({ authenticate: () => verdict });
const later = (verdict: AuthenticationVerdict): Authenticator => ({
  authenticate: () => () => Promise.resolve(verdict),
});
const unasked: Authenticator = {
  authenticate: () => {
    throw new Error('it must not be asked');
  },
};

async function verdictOf(providers: readonly Authenticator[], areOne = false) {
  const answer = together(providers, { areOne }).authenticate(authenticationRequest());
  return typeof answer === 'function' ? await answer(AbortSignal.timeout(1_000)) : answer;
}

describe.each([
  ['at once', atOnce],
  ['after a question', later],
])('two proofs are asked for, with verdicts %s', (_when, says) => {
  test('both accept: the first names the client and vouches for it, and its password counts as checked', async () => {
    expect(await verdictOf([says(pump), says(ann)])).toEqual({ ...pump, isPasswordChecked: true });
    expect(await verdictOf([says(ann), says(pump)])).toEqual(ann);
  });

  test('one rejects: the client is refused, and nobody behind it is asked', async () => {
    expect(await verdictOf([says(pump), says(reject)])).toEqual(reject);
    expect(await verdictOf([says(reject), unasked])).toEqual(reject);
  });

  test('one has nothing to go by: neither of them says anything', async () => {
    expect(await verdictOf([says(pump), says(abstain)])).toEqual(abstain);
    expect(await verdictOf([says(abstain), unasked])).toEqual(abstain);
  });

  test('where either proof ends, the sooner end counts', async () => {
    const pairs = [
      [{ ...pump, expiresAtMs: 2 }, { ...ann, expiresAtMs: 1 }, 1],
      [{ ...pump, expiresAtMs: 1 }, ann, 1],
      [pump, { ...ann, expiresAtMs: 3 }, 3],
    ] as const;
    for (const [first, second, end] of pairs)
      expect(await verdictOf([says(first), says(second)])).toMatchObject({ expiresAtMs: end });
  });

  test('where a certificate is tied to one client, both must be the same', async () => {
    expect(await verdictOf([says(pump), says(ann)], true)).toMatchObject({
      kind: 'reject',
      reason: expect.stringContaining('"pump" by one proof and "ann" by the other'),
    });
    expect(await verdictOf([says(pump), says({ ...ann, principal: 'pump' })], true)).toMatchObject(pump);
  });

  test('what rules may ask for comes from both, the first before the second', async () => {
    const first = { ...pump, attributes: { groups: ['a', 'b'], claims: { site: 1 } } };
    const second = { ...ann, attributes: { groups: ['b', 'c'], claims: { site: 2, floor: 3 } } };
    expect(await verdictOf([says(first), says(second)])).toMatchObject({
      attributes: { groups: ['a', 'b', 'c'], claims: { site: 1, floor: 3 } },
    });
    expect(await verdictOf([says(pump), says(second)])).toMatchObject({ attributes: second.attributes });
  });
});

test('what is known at once needs no question', () => {
  expect(together([atOnce(pump), atOnce(ann)], { areOne: false }).authenticate(authenticationRequest())).toMatchObject(
    pump,
  );
});
