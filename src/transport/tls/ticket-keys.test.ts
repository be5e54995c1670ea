import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { ticketKeys, ticketSecrets } from './ticket-keys.ts';

const rotateMs = 3_600_000;
const secret = 'a secret of more than 32 characters, for all nodes';

const node = (clock = fakeClock(rotateMs * 10), scope = 'one-way', shared: string | undefined = secret) =>
  ticketKeys({ secrets: ticketSecrets(shared), scope, rotateMs, clock });

describe.each([
  ['with a shared secret', secret],
  ['with a secret of its own', undefined],
])('a ticket key %s', (_, shared) => {
  test('is found by its name in its period and the next, not later', () => {
    const clock = fakeClock(rotateMs * 10);
    const keys = node(clock, 'one-way', shared);
    const key = keys.current();
    expect(keys.find(key.name)).toEqual(key);
    clock.advance(rotateMs);
    expect(keys.current().name).not.toEqual(key.name);
    expect(keys.find(key.name)).toEqual(key);
    clock.advance(rotateMs);
    expect(keys.find(key.name)).toBeUndefined();
  });

  test('survives when the keys of a listener are made anew, as on a reload', () => {
    const secrets = ticketSecrets(shared);
    const clock = fakeClock(rotateMs * 10);
    const [before, after] = [1, 2].map(() => ticketKeys({ secrets, scope: 'one-way', rotateMs, clock }));
    expect(after?.current()).toEqual(before?.current());
  });

  test('has 16, 16 and 32 bytes', () => {
    const { name, aes, hmac } = node(undefined, 'one-way', shared).current();
    expect([name, aes, hmac].map(({ length }) => length)).toEqual([16, 16, 32]);
  });
});

test('nodes with the same secret have the same keys, whenever they started', () => {
  const late = fakeClock(rotateMs * 9);
  const other = node(late);
  late.advance(rotateMs);
  expect(other.current()).toEqual(node().current());
});

test('nodes with other secrets, and other scopes, know nothing of each other', () => {
  const { name } = node().current();
  expect(node(undefined, 'two-way').find(name)).toBeUndefined();
  expect(node(undefined, 'one-way', 'another secret of more than 32 characters').find(name)).toBeUndefined();
  const own = ticketKeys({
    secrets: ticketSecrets(undefined),
    scope: 'one-way',
    rotateMs,
    clock: fakeClock(rotateMs * 10),
  });
  expect(own.find(name)).toBeUndefined();
});

test('secrets of a node are different in each period', () => {
  const own = ticketSecrets(undefined);
  expect(own(7)).toEqual(own(7));
  expect(own(8)).not.toEqual(own(7));
  const gone = own(7);
  own(9);
  expect(own(7)).not.toEqual(gone);
});
