import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { beginsPem, derOfPem, pemBlocks, pemOf } from './pem-blocks.ts';

test('what was written as PEM is read as the same bytes, whatever stands around it (RFC 7468 2)', () => {
  const other = pemOf('PRIVATE KEY', Buffer.from('k'));
  const around = fc.constantFrom('', '\n', 'subject=/CN=a-b\n', '---\n', other);
  fc.assert(
    fc.property(fc.array(fc.tuple(around, fc.uint8Array({ minLength: 1, maxLength: 200 }))), around, (all, end) => {
      const text = all.map(([before, der]) => before + pemOf('X509 CRL', Buffer.from(der))).join('') + end;
      const { blocks, isCutOff } = pemBlocks(text, 'X509 CRL');
      expect(blocks.map((block) => [...derOfPem(block)])).toEqual(all.map(([, der]) => [...der]));
      expect(isCutOff).toBe(false);
      expect(beginsPem(text, 'X509 CRL')).toBe(all.length > 0);
    }),
  );
});

test('a block without an end is told from none', () => {
  const whole = pemOf('CERTIFICATE', Buffer.from('a'));
  expect(pemBlocks(whole + whole.slice(0, -6), 'CERTIFICATE')).toEqual({ blocks: [whole.trim()], isCutOff: true });
  expect(pemBlocks('', 'CERTIFICATE')).toEqual({ blocks: [], isCutOff: false });
});
