import { expect, test } from 'vitest';
import { argon2Hash } from './argon2.ts';
import { createPasswordJudge } from './judge.ts';
import { verifyPassword } from './verify.ts';

const cost = { memoryKiB: 1_024, passes: 2, lanes: 1 };
const password = Buffer.from('secret');
const mosquitto =
  '$7$101$sZ5t+qoRXVk7uYce$KYI6a+s6wH4scXbTE2253jdQCRBt9X5v7yHwD3VqC38q0H9mwT0j+oO/fX1Isd5FBtyRf7yrMAj88OPWNyoJVw==';

/** A judge, and what every argon2id cost with which it checked a password. */
function measured(rehash = true) {
  const checked: string[] = [];
  const judge = createPasswordJudge({ cost, rehash }, (hash, given) => {
    if (hash.kind === 'argon2id') checked.push(`m=${hash.cost.memoryKiB},t=${hash.cost.passes}`);
    return verifyPassword(hash, given);
  });
  return { checked, judge };
}

test('an unknown user costs what a wrong password costs: one argon2id with the same parameters', async () => {
  const { judge, checked } = measured();
  const hash = await argon2Hash(password, cost);
  expect(await judge.judge(hash, Buffer.from('wrong'))).toEqual({ isRight: false });
  expect(await judge.judge(undefined, password)).toEqual({ isRight: false });
  expect(checked).toEqual(['m=1024,t=2', 'm=1024,t=2']);
});

test('so does a wrong password for a user whose hash came with the file of another program, or is cheaper', async () => {
  const { judge, checked } = measured();
  expect(await judge.judge(mosquitto, Buffer.from('wrong'))).toEqual({ isRight: false });
  expect(checked).toEqual(['m=1024,t=2']);
  const cheaper = await argon2Hash(password, { ...cost, passes: 1 });
  expect(await judge.judge(cheaper, Buffer.from('wrong'))).toEqual({ isRight: false });
  expect(checked).toEqual(['m=1024,t=2', 'm=1024,t=1', 'm=1024,t=2']);
});

test.each([
  ['mosquitto', () => Promise.resolve(mosquitto)],
  ['another cost', () => argon2Hash(password, { ...cost, passes: 1 })],
])('a good login with a hash of %s gives a new one, which is right too', async (_name, before) => {
  const { judge } = measured();
  const { isRight, fresh } = await judge.judge(await before(), password);
  expect({ isRight, fresh }).toEqual({
    isRight: true,
    fresh: expect.stringMatching(/^\$argon2id\$v=19\$m=1024,t=2,p=1/),
  });
  expect(await judge.judge(fresh, password)).toEqual({ isRight: true });
  const { judge: still } = measured(false);
  expect(await still.judge(await before(), password)).toEqual({ isRight: true });
});
