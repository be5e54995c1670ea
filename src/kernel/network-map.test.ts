import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NetworkMap } from './network-map.ts';
import { networksOf } from './networks.ts';

/** Few different ones, so that networks hold them. */
const four = fc.tuple(fc.constantFrom(10, 192), fc.nat(1), fc.nat(3), fc.nat(255)).map((parts) => parts.join('.'));
const six = fc
  .tuple(fc.constantFrom('2001:db8', 'fd00:0'), fc.nat(3), fc.constantFrom('::', ':0:0:0:0:'), fc.nat(0xffff))
  .map(([head, site, gap, last]) => `${head}:${site.toString(16)}${gap}${last.toString(16)}`);
const address = fc.oneof(four, six);
const network = fc.oneof(
  address,
  fc.tuple(four, fc.nat(32)).map(([base, bits]) => `${base}/${bits}`),
  fc.tuple(six, fc.nat(128)).map(([base, bits]) => `${base}/${bits}`),
);

test('a value is found for just the addresses that its network holds, however it is written (RFC 4291 2.2, RFC 4632 3.1)', () => {
  fc.assert(
    fc.property(fc.array(network, { maxLength: 8 }), address, (networks, asked) => {
      const map = new NetworkMap<string>();
      for (const one of networks) map.add(one, one);
      // to BlockList, behind networksOf, an IPv4 address is also ::ffff:a.b.c.d, which ::/0 holds
      const ofItsKind = networks.filter((one) => one.includes(':') === asked.includes(':'));
      expect(map.find(asked, () => true) !== undefined).toBe(networksOf(ofItsKind).has(asked));
      for (const one of ofItsKind)
        expect(map.find(asked, (value) => value === one) === one).toBe(networksOf([one]).has(asked));
    }),
  );
});

test('an IPv6 address with the bytes of an IPv4 address at its end is the same address', () => {
  const map = new NetworkMap<number>();
  map.add('64:ff9b::192.0.2.7', 1);
  expect(map.find('64:ff9b::c000:207', () => true)).toBe(1);
  expect(map.find('64:ff9b::c000:208', () => true)).toBeUndefined();
  expect(map.find('no address', () => true)).toBeUndefined();
});
