import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readServiceAnswer } from './answer.ts';

const nowMs = Date.parse('2026-06-01T00:00:00Z');
const nowSeconds = nowMs / 1_000;
const context = { principal: 'bob', trust: 'http', isPasswordChecked: true, nowMs };
const read = (answer: unknown) => readServiceAnswer(answer, context);

test('allow lets the client in under its user name', () => {
  expect(read({ result: 'allow' })).toEqual({
    kind: 'accept',
    principal: 'bob',
    trust: 'http',
    isPasswordChecked: true,
    attributes: { groups: [], claims: { is_superuser: false } },
  });
});

test('what the answer says of the client becomes attributes and an end', () => {
  const answer = {
    result: 'allow',
    username: 'tenant/bob',
    groups: ['ops'],
    is_superuser: 'true',
    client_attrs: { role: 'admin', is_superuser: 'false' },
    expire_at: nowSeconds + 60,
  };
  expect(read(answer)).toMatchObject({
    kind: 'accept',
    principal: 'tenant/bob',
    attributes: { groups: ['ops'], claims: { role: 'admin', is_superuser: true } },
    expiresAtMs: nowMs + 60_000,
  });
});

test.each([
  [{ result: 'deny', is_superuser: true }, 'reject'],
  [{ result: 'ignore' }, 'abstain'],
  [{}, 'abstain'],
])('%j gives %s', (answer, kind) => {
  expect(read(answer)).toMatchObject({ kind });
});

test.each([
  [{ acl: [] }, '"acl", which cannot be heeded'],
  [{ clientid_override: 'x' }, '"clientid_override", which cannot be heeded'],
  [{ username: 7 }, '"username" that is no text'],
  [{ username: 'a\n' }, 'U+000A'],
  [{ expire_at: nowSeconds }, 'in the past'],
  [{ expire_at: nowMs + 60_000 }, 'not seem to be in seconds'],
  [{ expire_at: '1' }, 'is no integer'],
  [{ groups: 'ops' }, '"groups" are no list of texts'],
  [{ client_attrs: [] }, '"client_attrs" are no object'],
])('allow with %j refuses this client, and no other', (more, reason) => {
  expect(read({ result: 'allow', ...more })).toMatchObject({
    kind: 'reject',
    code: 'not-authorized',
    reason: expect.stringContaining(reason),
  });
});

test('whatever comes, only "allow" lets anybody in', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ result: fc.jsonValue(), is_superuser: fc.boolean() })),
      (answer) => {
        const isAllowed = typeof answer === 'object' && answer !== null && Reflect.get(answer, 'result') === 'allow';
        const verdict = read(answer);
        expect(typeof verdict === 'object' && verdict.kind === 'accept').toBe(isAllowed);
      },
    ),
  );
});
