import { expect, test } from 'vitest';
import type { ScramVerifier } from '../password-users.ts';
import { decoyVerifier, usualShape } from '../passwords/scram-decoy.ts';
import { scramVerifier } from '../passwords/scram-verifier.ts';
import { type ScramOutcome, scramExchange } from './exchange.ts';

/** RFC 7677 3. */
const clientFirst = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO';
const serverNonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const clientFinal =
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const pencil = (): Promise<ScramVerifier> =>
  scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4_096);

async function play(
  verifier: ScramVerifier,
  first: string,
  final: string,
): Promise<{ outcome: ScramOutcome; asked: string[] }> {
  const asked: string[] = [];
  const outcome = await scramExchange(
    {
      method: 'SCRAM-SHA-256',
      data: Buffer.from(first),
      ask(challenge) {
        asked.push(Buffer.from(challenge ?? []).toString());
        return Promise.resolve(Buffer.from(final));
      },
    },
    { verifierOf: () => verifier, nonce: () => serverNonce },
  );
  return { outcome, asked };
}

test('the exchange of RFC 7677 3, byte by byte', async () => {
  const { outcome, asked } = await play(await pencil(), clientFirst, clientFinal);
  expect(asked).toEqual([`r=rOprNGfwEbeRWgbNEkqO${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`]);
  if (outcome.kind !== 'right') throw new Error(outcome.kind);
  expect(outcome.user).toBe('user');
  expect(outcome.signature.toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
});

test('a user that does not exist takes the steps of a wrong password, and is told the same salt each time', async () => {
  const decoy = (user: string): ScramVerifier => decoyVerifier(Buffer.from('key'), user, usualShape);
  const unknown = await play(decoy('user'), clientFirst, clientFinal);
  expect(unknown.outcome.kind).toBe('wrong');
  expect(unknown.asked).toHaveLength(1);
  expect(decoy('user')).toEqual(decoy('user'));
  expect(decoy('user').salt.equals(decoy('other').salt)).toBe(false);
});

test.each([
  ['p=tls-unique,,n=user,r=a', 'channel binding'],
  ['n,,m=x,n=user,r=a', 'extension'],
  ['n,a=other,n=user,r=a', 'another than'],
  ['n,,n=us=er,r=a', 'neither =2C nor =3D'],
  ['n,,n=user', 'no user name and nonce'],
  ['', 'does not begin'],
])('the first message %j is refused with a reason', async (first, reason) => {
  const { outcome, asked } = await play(await pencil(), first, clientFinal);
  expect(outcome).toMatchObject({ kind: 'malformed', reason: expect.stringContaining(reason) });
  expect(asked).toEqual([]);
});
