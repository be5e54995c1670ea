import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { revocationReasons } from '../revocation/reasons.ts';
import { applyChanges, type LedgerChange, type LedgerEntry, ledgerLine, parseLedger, withoutOld } from './ledger.ts';

const dayMs = 86_400_000;

const entry = (serialNumber: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  serialNumber,
  profile: 'client',
  subject: `CN=${serialNumber}`,
  names: [],
  keyFingerprint: 'k',
  fingerprint256: 'f',
  issuerKeyFingerprint: 'i',
  issuedAt: 1_000,
  issuedBy: 'test',
  notAfter: 9_000,
  ...more,
});
const issued = (serialNumber: string, more: Partial<LedgerEntry> = {}): LedgerChange => ({
  type: 'issued',
  entry: entry(serialNumber, more),
});

const serial = fc.constantFrom('4A', '4B', '4C');
const instant = fc.nat({ max: 10_000 });
const change: fc.Arbitrary<LedgerChange> = fc.oneof(
  serial.map((serialNumber) => issued(serialNumber)),
  fc.record({
    type: fc.constant('revoked' as const),
    serialNumber: serial,
    at: instant,
    reason: fc.constantFrom(...revocationReasons),
  }),
  fc.record({ type: fc.constant('replaced' as const), serialNumber: serial, by: serial }),
  fc.record({ type: fc.constant('seen' as const), seen: fc.array(fc.tuple(serial, instant), { maxLength: 3 }) }),
);

describe('a ledger', () => {
  test('read from its lines is what the changes made', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        expect(parseLedger(changes.map(ledgerLine).join(''))).toEqual({
          ledger: applyChanges(new Map(), changes),
          lines: changes.length,
          isTorn: false,
        });
      }),
    );
  });

  test('cut off anywhere is what the whole lines before that made', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(), (changes, place) => {
        const text = changes.map(ledgerLine).join('');
        const cut = text.slice(0, place % text.length);
        const whole = cut.split('\n').length - 1;
        const isEndOnly = text.startsWith(`${cut}\n`); // nothing but the end of the line is missing
        expect(parseLedger(cut)).toEqual({
          ledger: applyChanges(new Map(), changes.slice(0, isEndOnly ? whole + 1 : whole)),
          lines: whole,
          isTorn: cut !== '' && !cut.endsWith('\n'),
        });
      }),
    );
  });

  test('never forgets that something was revoked, nor when and why, whatever follows', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 10 }), (later) => {
        const first: LedgerChange[] = [
          issued('4A'),
          { type: 'revoked', serialNumber: '4A', at: 5, reason: 'key-compromise' },
        ];
        expect(applyChanges(new Map(), [...first, ...later]).get('4A')).toMatchObject({
          revokedAt: 5,
          reason: 'key-compromise',
        });
      }),
    );
  });

  test('notes the latest use, and passes over certificates that it does not know', () => {
    const ledger = applyChanges(new Map(), [
      issued('4A'),
      {
        type: 'seen',
        seen: [
          ['4A', 50],
          ['4F', 60],
        ],
      },
      { type: 'seen', seen: [['4A', 40]] },
      { type: 'revoked', serialNumber: '4F', at: 1, reason: 'superseded' },
      { type: 'replaced', serialNumber: '4A', by: '4B' },
    ]);
    expect([...ledger.values()]).toEqual([entry('4A', { lastSeenAt: 50, replacedBy: '4B' })]);
  });

  test('lets go of what ended more than 90 days ago', () => {
    const ledger = applyChanges(new Map(), [issued('4A', { notAfter: 0 }), issued('4B', { notAfter: dayMs })]);
    expect([...withoutOld(ledger, 90 * dayMs + 1).keys()]).toEqual(['4B']);
  });
});

describe('a damaged line is refused by its number', () => {
  const { names: _names, ...nameless } = entry('4A');
  test.each([
    ['no JSON', '{'],
    ['another type', '{"type":"forgotten","serialNumber":"4A"}'],
    ['an array', '[]'],
    ['null', 'null'],
    ['an entry without names', JSON.stringify({ type: 'issued', entry: nameless })],
    ['a reason that is none', JSON.stringify({ type: 'revoked', serialNumber: '4A', at: 1, reason: 'removed' })],
    [
      'an entry with a reason that is none',
      ledgerLine(issued('4A')).trim().replace('"notAfter"', '"reason":"x","notAfter"'),
    ],
    ['a time that no date has', '{"type":"revoked","serialNumber":"4A","at":1e999,"reason":"superseded"}'],
    ['an empty line', ''],
  ])('%s', (_what, line) => {
    expect(parseLedger(`${ledgerLine(issued('4A'))}${line}\n${ledgerLine(issued('4B'))}`)).toBe(
      'is damaged at line 2; put a good copy back, or take that line out if nothing else is left',
    );
  });

  test('any text is a ledger or a sentence', () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      change.map((one) => ledgerLine(one).trim()),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const parsed = parseLedger(lines.join('\n'));
        expect(typeof parsed === 'string' ? parsed : typeof parsed.lines).toMatch(/^is damaged at line|number/);
      }),
      { numRuns: 300 },
    );
  });
});
