import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findToken, newToken, parseTokens, tokenProblem, tokenState, tokensText } from './tokens.ts';

const facts = { commonName: 'pump-*', names: [], createdAt: 1_000, createdBy: 'cli ana', expiresAt: 10_000 };

describe('a token', () => {
  test('is known by its text alone, of which only the hash is kept', () => {
    const [one, two] = [newToken(facts), newToken(facts)];
    const tokens = [one.token, two.token];
    expect(findToken(tokens, two.text)).toBe(two.token);
    expect(tokensText(tokens)).not.toContain(one.text.slice(9));
    for (const wrong of ['', '.', one.token.id, `${one.token.id}.`, `${one.text}x`, one.token.hash, 'x'.repeat(10_000)])
      expect(findToken(tokens, wrong)).toBeUndefined();
    expect(findToken(tokens, one.token.id + two.text.slice(8))).toBeUndefined();
  });

  test.each([
    [{}, 9_999, 'valid'],
    [{}, 10_000, 'expired'],
    [{ revokedAt: 2_000 }, 3_000, 'revoked'],
    [{ usedAt: 2_000, usedFor: 'pump-7' }, 3_000, 'used'],
    [{ usedAt: 2_000, revokedAt: 2_500 }, 20_000, 'used'],
  ])('with %j at %d is %s', (more, now, state) => {
    const { token } = newToken({ ...facts, ...more });
    expect(tokenState(token, now)).toBe(state);
    expect(tokenProblem(token, now) ?? 'valid').toMatch(
      new RegExp(`^(token [0-9a-f]{8} (was|has) ${state} on 1970|${state}$)`),
    );
  });
});

describe('the file of the tokens', () => {
  test('is read as it was written', () => {
    const tokens = [
      newToken(facts).token,
      newToken({ ...facts, maxLifetimeMs: 60_000, usedAt: 5, usedFor: 'a' }).token,
    ];
    expect(parseTokens(tokensText(tokens))).toEqual(tokens);
  });

  test.each(['', '[]', '{"version":2,"tokens":[]}', '{"version":1}', '{"version":1,"tokens":[{}]}', 'null'])(
    'is not believed when it is %s',
    (text) => expect(parseTokens(text)).toMatch(/^(is no|has a damaged)/),
  );

  test('is not believed with a field of another kind', () => {
    const { token } = newToken(facts);
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(token)), fc.constantFrom(null, true, {}, [1], 1e300), (key, value) => {
        expect(parseTokens(JSON.stringify({ version: 1, tokens: [token, { ...token, [key]: value }] }))).toBe(
          'has a damaged token, number 2',
        );
      }),
    );
  });
});
