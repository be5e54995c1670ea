import { expect, test, vi } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { floodNotice } from './flood-notice.ts';

test('the first happening is told at once, later ones in sums, each kind on its own', () => {
  const clock = fakeClock();
  const notify = vi.fn<(kind: string, count: number, example: string) => void>();
  const note = floodNotice<string>(clock, notify);
  note('a', '1');
  for (let index = 0; index < 1_000; index += 1) note('a', 'flood');
  note('b', '2');
  expect(notify.mock.calls).toEqual([
    ['a', 1, '1'],
    ['b', 1, '2'],
  ]);
  clock.advance(10_000);
  note('a', 'last');
  expect(notify).toHaveBeenLastCalledWith('a', 1_001, 'last');
});
