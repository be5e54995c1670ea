import { expect, test } from 'vitest';
import { enrollmentSchema } from './schema.ts';

const problems = (value: unknown): string[] =>
  enrollmentSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

test('enrollment is on by default, which lets nobody in before there is a token', () => {
  expect(enrollmentSchema.parse(undefined)).toMatchObject({
    enabled: true,
    mqtt: true,
    lifetime: 90 * 86_400_000,
    rules: [],
  });
});

test.each([
  [{ lifetime: '400d' }, 'lifetime: must not be longer than maxLifetime; make it shorter or raise that'],
  [{ lifetime: '1s' }, 'lifetime: use 1m to 36500d'],
  [
    { rules: [{ identity: '*****', commonNames: ['a'] }] },
    'rules.0.identity: "*****" has 5 times *; at most 4 are allowed',
  ],
])('%j is refused', (value, problem) => {
  expect(problems(value)).toEqual([problem]);
});
