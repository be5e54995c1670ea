import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyedDigest } from './keyed-digest.ts';

test('a key says nothing without the secret of the process, and two logins never have the same', () => {
  const [one, other] = [keyedDigest(), keyedDigest()];
  const login = fc.tuple(fc.string({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }));
  fc.assert(
    fc.property(login, login, ([user, password], [user2, password2]) => {
      const isSame = user === user2 && Buffer.from(password).equals(Buffer.from(password2));
      expect(one([user, password]) === one([user2, password2])).toBe(isSame);
      expect(one([user, password])).not.toBe(other([user, password]));
    }),
  );
});
