import { createHash, pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { argon2Hash } from './argon2.ts';
import { parseHash } from './hash.ts';
import { verifyPassword } from './verify.ts';

const cheap = { memoryKiB: 1_024, passes: 1, lanes: 1 };

async function isRight(text: string, password: string): Promise<boolean> {
  const hash = parseHash(text);
  if (typeof hash === 'string') throw new Error(hash);
  return verifyPassword(hash, Buffer.from(password));
}

const digest = (name: string, ...parts: string[]): string => createHash(name).update(parts.join('')).digest('hex');

/** Written by the programs themselves, or as their documentation has them. */
const known: readonly (readonly [string, string, string])[] = [
  [
    'mosquitto $7$',
    'secret',
    '$7$101$sZ5t+qoRXVk7uYce$KYI6a+s6wH4scXbTE2253jdQCRBt9X5v7yHwD3VqC38q0H9mwT0j+oO/fX1Isd5FBtyRf7yrMAj88OPWNyoJVw==',
  ],
  [
    'mosquitto $6$',
    'secret6',
    '$6$MiHCiDrRPifrXZ0F$qbv2ssQCfwuCE22GEnUn/cZezCyhYA0ylB+cJGpeW66f+43JjsnvAm8J01Y1NgdwLoYpOKUbUf4/N6adcJWYxw==',
  ],
  ['bcrypt $2b$', 'abc', '$2b$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
  ['bcrypt $2a$', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['EMQX sha256, salt behind', 'public', `$emqx-sha256$p=suffix$1a2b$${digest('sha256', 'public', '1a2b')}`],
  ['EMQX sha256, salt before', 'public', `$emqx-sha256$p=prefix$1a2b$${digest('sha256', '1a2b', 'public')}`],
  ['EMQX sha256, no salt', 'public', `$emqx-sha256$p=disable$$${digest('sha256', 'public')}`],
  ['EMQX sha512', 'public', `$emqx-sha512$p=suffix$x$${digest('sha512', 'public', 'x')}`],
  [
    'EMQX pbkdf2',
    'public',
    `$emqx-pbkdf2-sha256$i=4096$de1024f4$${pbkdf2Sync('public', 'de1024f4', 4_096, 32, 'sha256').toString('hex')}`,
  ],
  [
    'argon2id of another program (RFC 9106)',
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
];

test.each(known)('%s: its password is right, and no other is', async (_name, password, text) => {
  expect(await isRight(text, password)).toBe(true);
  for (const other of [`${password} `, `X${password}`, '', password.slice(1)])
    expect(await isRight(text, other)).toBe(false);
});

test('a new hash is argon2id of the cost that is asked for, and never twice the same', async () => {
  const [one, two] = await Promise.all([argon2Hash(Buffer.from('x'), cheap), argon2Hash(Buffer.from('x'), cheap)]);
  expect(parseHash(one)).toEqual({ kind: 'argon2id', text: one, cost: cheap });
  expect(one).not.toBe(two);
  expect(await isRight(one, 'x')).toBe(true);
});

const argon2 = known.at(-1)?.[2] ?? '';

describe('a line is refused, and the sentence has nothing of its hash', () => {
  test.each([
    ['', 'has no hash'],
    ['secret', 'has no hash'],
    ['$', 'has no hash'],
    ['$1$abc$def', 'is not known; there are $argon2id$'],
    ['$argon2i$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$xxx', 'is not known'],
    ['$argon2id$m=4096,t=3,p=1$c29tZXNhbHQ$xxx', 'is no $argon2id$'],
    [argon2.replace('m=65536', 'm=9999999'), 'asks for m=9999999'],
    [argon2.replace('m=65536', 'm=7'), 'asks for m=7'],
    [argon2.replace('t=2', 't=0'), 'asks for m=65536,t=0'],
    [argon2.replace('p=1', 'p=99'), 'p=99'],
    [argon2.replace('c29tZXNhbHQ', 'c29t'), 'its salt is not'],
    [argon2.replace('c29tZXNhbHQ', 'c29tZXNhbHR'), 'its salt is not'],
    [argon2.slice(0, -30), 'its hash is not'],
    ['$7$0$c2FsdA==$a2V5', '1 to 10000000 iterations'],
    ['$7$99999999$c2FsdA==$a2V5', '1 to 10000000 iterations'],
    ['$7$101$c2FsdA==$a2V5', 'its hash of 64 bytes'],
    ['$6$c2FsdA==', 'is no $6$salt$hash'],
    ['$2b$31$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i', 'asks bcrypt for a cost of 31'],
    ['$2b$06$If6bvum7', 'with 60 characters'],
    ['$emqx-md5$p=suffix$x$00', 'is no $emqx-pbkdf2'],
    ['$emqx-sha256$x$00', 'is no $emqx-pbkdf2'],
    ['$emqx-sha256$i=5$x$00', 'the place of its salt'],
    ['$emqx-sha256$p=suffix$x$00', 'is not 32 bytes in hex'],
    ['$emqx-pbkdf2-sha256$p=suffix$x$00', 'iterations of its PBKDF2'],
    ['$emqx-pbkdf2-sha256$i=5$x$00', 'its hash is not 16 to 64 bytes'],
  ])('%s: %s', (text, problem) => {
    const parsed = parseHash(text);
    expect(parsed).toEqual(expect.stringContaining(problem));
    for (const part of text.split(/[$,]/).filter((one) => one.length > 12)) expect(parsed).not.toContain(part);
  });
});

test('whatever the text is, it is a hash that can be checked, or a sentence', async () => {
  const pieces = fc.constantFrom(
    '$',
    'argon2id',
    '7',
    '6',
    '2b',
    'emqx-sha256',
    'v=19',
    'm=8,t=1,p=1',
    '1',
    'c2FsdHNhbHQ',
    '=',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  await fc.assert(
    fc.asyncProperty(text, async (one) => {
      const parsed = parseHash(one);
      const found = typeof parsed === 'string' ? parsed : await verifyPassword(parsed, Buffer.from('x'));
      expect(found).not.toBe('');
    }),
  );
});

test('one character of a hash changed is another hash, or none', async () => {
  const alphabet = Array.from('ABCXYZabcxyz0189+/$=,');
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...known.filter(([name]) => !name.startsWith('argon2id') && !name.startsWith('bcrypt'))),
      fc.nat(),
      fc.constantFrom(...alphabet),
      async ([, password, text], at, character) => {
        const place = at % text.length;
        const other = text.slice(0, place) + character + text.slice(place + 1);
        fc.pre(other.toLowerCase() !== text.toLowerCase()); // hex may be written either way
        const parsed = parseHash(other);
        expect(typeof parsed !== 'string' && (await verifyPassword(parsed, Buffer.from(password)))).toBe(false);
      },
    ),
  );
});
