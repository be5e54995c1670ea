import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { addressRate } from './address-rate.ts';

const taken = (rate: ReturnType<typeof addressRate>, address: string, times: number): number =>
  Array.from({ length: times }, () => rate?.take(address)).filter((isTaken) => isTaken === true).length;

test('without a limit there is nothing to ask', () => {
  expect(addressRate({ perAddress: undefined, overall: undefined, clock: fakeClock() })).toBeUndefined();
});

describe('of one address', () => {
  test('no more begin than a minute allows, and those that follow come in evenly', () => {
    const clock = fakeClock();
    const rate = addressRate({ perAddress: 6, overall: undefined, clock });
    expect(taken(rate, '192.0.2.1', 10)).toBe(6);
    expect(taken(rate, '192.0.2.2', 1)).toBe(1);
    clock.advance(10_000);
    expect(taken(rate, '192.0.2.1', 10)).toBe(1);
    clock.advance(3_600_000);
    expect(taken(rate, '192.0.2.1', 10)).toBe(6);
  });

  test('all of one IPv6 network of /64 count together, however it is written', () => {
    const rate = addressRate({ perAddress: 2, overall: undefined, clock: fakeClock() });
    expect(rate?.take('2001:db8::1')).toBe(true);
    expect(rate?.take('2001:0DB8:0:0:ffff::2%eth0')).toBe(true);
    expect(rate?.take('2001:db8:0:0:1:2:3:4')).toBe(false);
    expect(rate?.take('2001:db8:0:1::1')).toBe(true);
    expect(rate?.take('::1')).toBe(true);
  });

  test('the one that was quiet the longest is forgotten when there are 65,536', () => {
    const rate = addressRate({ perAddress: 1, overall: undefined, clock: fakeClock() });
    const address = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    for (let index = 0; index < 65_536; index++) rate?.take(address(index));
    expect(rate?.take(address(0))).toBe(false); // and is the latest now
    expect(rate?.take(address(65_536))).toBe(true); // address 1 makes room
    expect(rate?.take(address(0))).toBe(false);
    expect(rate?.take(address(1))).toBe(true);
  });
});

test('of all together no more begin than a second allows, and who is refused pays nothing', () => {
  const clock = fakeClock();
  const rate = addressRate({ perAddress: 3, overall: 2, clock });
  expect(taken(rate, '192.0.2.1', 5)).toBe(2);
  expect(taken(rate, '192.0.2.2', 5)).toBe(0);
  clock.advance(1_000);
  expect(taken(rate, '192.0.2.2', 5)).toBe(2);
  clock.advance(1_000);
  expect(taken(rate, '192.0.2.1', 5)).toBe(1);
});
