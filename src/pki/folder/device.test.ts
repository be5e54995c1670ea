import fc from 'fast-check';
import { expect, test } from 'vitest';
import { othersOfDevice } from './device.ts';
import type { LedgerEntry } from './ledger.ts';

const entry = (serialNumber: string, given: Partial<LedgerEntry> = {}): LedgerEntry => ({
  serialNumber,
  profile: 'client',
  subject: `CN=${serialNumber}`,
  names: [],
  keyFingerprint: `key of ${serialNumber}`,
  fingerprint256: `print of ${serialNumber}`,
  issuerKeyFingerprint: 'ca',
  issuedAt: 0,
  issuedBy: 'test',
  notAfter: 1,
  ...given,
});

const othersOf = (serialNumber: string, ...entries: readonly LedgerEntry[]): readonly string[] => {
  const ledger = new Map(entries.map((one) => [one.serialNumber, one]));
  return othersOfDevice(ledger, ledger.get(serialNumber)!)
    .map((one) => one.serialNumber)
    .toSorted();
};

test.each<[string, Partial<LedgerEntry>, Partial<LedgerEntry>]>([
  ['the same name', { subject: 'CN=pump' }, { subject: 'CN=pump' }],
  ['the same key', { keyFingerprint: 'k' }, { keyFingerprint: 'k' }],
  ['a renewal', { replacedBy: '02' }, {}],
])('%s makes it the same device, seen from either certificate', (_what, first, second) => {
  const entries = [entry('01', first), entry('02', second), entry('03')];
  expect(othersOf('01', ...entries)).toEqual(['02']);
  expect(othersOf('02', ...entries)).toEqual(['01']);
  expect(othersOf('03', ...entries)).toEqual([]);
});

test('a device is followed through every name and key that it had', () => {
  const entries = [
    entry('01', { subject: 'CN=old' }),
    entry('02', { subject: 'CN=old', replacedBy: '03' }),
    entry('03', { keyFingerprint: 'k' }),
    entry('04', { keyFingerprint: 'k' }),
    entry('05', { replacedBy: '03' }),
  ];
  for (const { serialNumber } of entries) expect(othersOf(serialNumber, ...entries)).toHaveLength(4);
});

test.each(['server', 'intermediate', 'root'])('a certificate of profile %s stands alone', (profile) => {
  const same = { subject: 'CN=one', keyFingerprint: 'k', profile };
  expect(othersOf('01', entry('01', { ...same, replacedBy: '02' }), entry('02', same))).toEqual([]);
  const client = entry('03', { ...same, profile: 'client' });
  expect(othersOf('03', entry('01', { ...same, replacedBy: '03' }), client)).toEqual([]);
});

test('whoever is of the device of another has that one and its others in its own', () => {
  const few = fc.integer({ min: 0, max: 5 });
  const anyLedger = fc.array(fc.record({ name: few, key: few, next: fc.option(fc.integer({ min: 0, max: 11 })) }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(anyLedger, (certificates) => {
      const entries = certificates.map(({ name, key, next }, index) =>
        entry(`${index}`, {
          subject: `CN=${name}`,
          keyFingerprint: `${key}`,
          ...(next === null ? {} : { replacedBy: `${next}` }),
        }),
      );
      const whole = othersOf('0', ...entries);
      for (const other of whole)
        expect([...othersOf(other, ...entries), other].toSorted()).toEqual([...whole, '0'].toSorted());
    }),
  );
});
