import { assert, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { previewPayload } from './payload.ts';

const shownBytes = 4_096;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('UTF-8 is shown as text, with line ends and tabs', () => {
  expect(previewPayload(bytes('Grüße\n\t☃'))).toEqual({ format: 'text', text: 'Grüße\n\t☃', bytes: 12, isCut: false });
});

test('other bytes are shown as hex', () => {
  expect(previewPayload(new Uint8Array([0xff, 0, 0x0a]))).toEqual({
    format: 'hex',
    text: 'ff 00 0a',
    bytes: 3,
    isCut: false,
  });
});

test('a long text is cut, even in the middle of a character', () => {
  const preview = previewPayload(bytes('☃'.repeat(shownBytes)));
  expect(preview).toMatchObject({ format: 'text', bytes: shownBytes * 3, isCut: true });
  expect(preview.text).toMatch(/^☃+$/);
});

test('an incomplete character at the end of a whole payload is not text', () => {
  expect(previewPayload(new Uint8Array([0x61, 0xe2, 0x98])).format).toBe('hex');
});

test('any payload is shown within bounds, and its size is right', () => {
  assert(
    property(uint8Array({ maxLength: 3 * shownBytes, size: 'max' }), (payload) => {
      const preview = previewPayload(payload);
      expect(preview.bytes).toBe(payload.length);
      expect(preview.text.length).toBeLessThanOrEqual(shownBytes * 8);
      expect(preview.text).not.toMatch(/(?![\n\t])[\p{Cc}\u202E]/u);
    }),
    { numRuns: 50 },
  );
});
