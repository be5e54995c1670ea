import { expect, test } from 'vitest';
import { turnSchema } from './turn-schema.ts';

const secret = { env: 'A' };
const from = '2027-01-31T12:00:00Z';
const problemOf = (more: object): string | undefined =>
  turnSchema.safeParse({ uris: ['turn:turn.example.com'], secrets: [{ secret }], keys: [secret], ...more }).error
    ?.issues[0]?.message;

test.each([
  ['two secrets without a time, of which none is the next', { secrets: [{ secret }, { secret }] }, /a time from which/],
  ['three secrets', { secrets: [{ secret }, { secret, from }, { secret, from }] }, /one secret, or two/],
  ['a time without its zone', { secrets: [{ secret, from: '2027-01-31T12:00:00' }] }, /a time such as/],
  ['no secret', { secrets: [] }, /./],
  ['no key', { keys: [] }, /./],
  ['no server', { uris: [] }, /./],
  ['a server that is no URI', { uris: ['turn.example.com'] }, /begins with none of turn:/],
  ['credentials for half a minute', { lifetime: '30s' }, /1m to 7d/],
])('%s is refused', (_what, more, why) => {
  expect(problemOf(more)).toMatch(why);
});

test('one secret with a time stays, so that the old one can be taken out after a rotation', () => {
  expect(problemOf({ secrets: [{ secret, from }] })).toBeUndefined();
  expect(turnSchema.parse(undefined)).toBeUndefined();
});
