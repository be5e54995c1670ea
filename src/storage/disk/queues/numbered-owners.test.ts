import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NumberedOwners } from './numbered-owners.ts';

test('owners are found as in a map, whatever is added, removed and looked for, in any order', () => {
  const step = fc.record({
    what: fc.constantFrom('add' as const, 'delete' as const, 'find' as const),
    number: fc.nat(60),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const owners = new NumberedOwners<{ readonly number: number }>(2);
      const map = new Map<number, { readonly number: number }>();
      let next = 1;
      for (const { what, number } of steps) {
        if (what === 'delete') {
          owners.delete(number);
          map.delete(number);
        } else if (what === 'add') {
          next += 1 + (number % 3);
          const owner = { number: next };
          owners.add(owner);
          map.set(next, owner);
        }
        expect(owners.find(number)).toBe(map.get(number));
      }
      for (let number = 0; number <= next + 1; number += 1) expect(owners.find(number)).toBe(map.get(number));
    }),
  );
});

test('those that are gone make room when they are the most', () => {
  const owners = new NumberedOwners<{ readonly number: number }>(10);
  for (let number = 1; number <= 100; number += 1) owners.add({ number });
  for (let number = 1; number <= 90; number += 1) owners.delete(number);
  expect(owners.places).toBeLessThan(50);
  expect(owners.find(91)).toEqual({ number: 91 });
  expect(owners.find(90)).toBeUndefined();
});
