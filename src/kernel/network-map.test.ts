import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NetworkMap, networksOf } from './network-map.ts';
import { parseNetwork } from './networks.ts';

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

/** What Node says. To it an IPv4 address is also `::ffff:a.b.c.d`, which `::/0` holds: only to be asked within one family. */
function isInAny(networks: readonly string[], asked: string): boolean {
  const list = new BlockList();
  for (const one of networks) {
    const [base = '', bits] = one.split('/');
    list.addSubnet(base, Number(bits ?? (base.includes(':') ? 128 : 32)), base.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list.check(asked, asked.includes(':') ? 'ipv6' : 'ipv4');
}

test('a value is found for just the addresses that its network holds, however it is written (RFC 4291 2.2, RFC 4632 3.1)', () => {
  fc.assert(
    fc.property(fc.array(network, { maxLength: 8 }), address, (networks, asked) => {
      const map = new NetworkMap<string>();
      for (const one of networks) map.add(one, one);
      const ofItsKind = networks.filter((one) => one.includes(':') === asked.includes(':'));
      expect(map.find(asked, () => true) !== undefined).toBe(isInAny(ofItsKind, asked));
      expect(networksOf(networks).has(asked)).toBe(isInAny(ofItsKind, asked));
      for (const one of ofItsKind)
        expect(map.find(asked, (value) => value === one) === one).toBe(isInAny([one], asked));
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

test('no network of IPv6 holds an IPv4 address, but one of mapped addresses, which is of IPv4 (RFC 4291 2.5.5.2)', () => {
  expect(networksOf(['::/0']).has('10.0.0.1')).toBe(false);
  expect(networksOf(['::/0']).has('fd00::1%eth0')).toBe(true);
  expect(networksOf(['::ffff:0:0/96']).has('10.0.0.1')).toBe(true);
  for (const text of ['::ffff:10.1.0.0/112', '0:0:0:0:0:FFFF:0a01:0000/112'])
    expect(parseNetwork(text)).toEqual({ address: '10.1.0.0', family: 'ipv4', prefix: 16 });
});
