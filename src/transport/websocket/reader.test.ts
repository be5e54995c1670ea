import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader } from './reader.ts';

interface Frame {
  /** FIN, the reserved bits and the opcode. */
  readonly first: number;
  readonly data: Uint8Array;
  readonly mask?: Uint8Array;
}

/** As a client sends it. */
function frame({ first, data, mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d) }: Frame): Buffer {
  const { length } = data;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = first;
  header[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, mask, data.map((byte, index) => byte ^ mask[index & 3]!)]);
}

/** What a reader tells of these chunks: payload joined, everything else one by one. */
function read(chunks: readonly Uint8Array[]): { payload: string; told: string[] } {
  const parts: Buffer[] = [];
  const told: string[] = [];
  const reader = new FrameReader({
    onPayload: (part) => parts.push(Buffer.from(part)),
    onPing: (data) => told.push(`ping ${data.toString('hex')}`),
    onPong: () => told.push('pong'),
    onClose: (code) => told.push(`close ${code}`),
    onViolation: (code) => told.push(`violation ${code}`),
  });
  for (const chunk of chunks) reader.read(Buffer.from(chunk));
  return { payload: Buffer.concat(parts).toString('hex'), told };
}

/** Cuts bytes into chunks as a network would. */
function cut(data: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < data.length; turn += 1) {
    const end = at + (sizes[turn % sizes.length] ?? 1);
    chunks.push(data.subarray(at, end));
    at = end;
  }
  return chunks;
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });
const mask = fc.uint8Array({ minLength: 4, maxLength: 4 });
const control = fc.record({ kind: fc.constantFrom(9, 10), data: bytes(125), mask });
/** Messages of fragments, each fragment with the control frames before it. */
const messages = fc.array(
  fc.array(fc.record({ data: bytes(300), mask, before: fc.array(control, { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  { maxLength: 5 },
);

test('any cut into frames, messages and chunks gives the same bytes (MQTT-6.0.0-2, RFC 6455 5.4)', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(messages, sizes, (sent, chunkSizes) => {
      const frames: Buffer[] = [];
      const payload: Uint8Array[] = [];
      const told: string[] = [];
      for (const fragments of sent)
        for (const [index, { data, mask: key, before }] of fragments.entries()) {
          for (const { kind, data: what, mask: its } of before) {
            frames.push(frame({ first: 0x80 | kind, data: what, mask: its }));
            told.push(kind === 9 ? `ping ${Buffer.from(what).toString('hex')}` : 'pong');
          }
          const isLast = index === fragments.length - 1;
          frames.push(frame({ first: (isLast ? 0x80 : 0) | (index === 0 ? 2 : 0), data, mask: key }));
          payload.push(data);
        }
      const expected = { payload: Buffer.concat(payload).toString('hex'), told };
      expect(read(cut(Buffer.concat(frames), chunkSizes))).toEqual(expected);
    }),
  );
});

test('a frame of any length is passed on as it comes, also one over 64 KiB', () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
    const data = Buffer.alloc(length, 0x5a);
    const sent = frame({ first: 0x82, data });
    expect(read([sent.subarray(0, 20), sent.subarray(20)]).payload).toBe(data.toString('hex'));
  }
  // a header that promises 2^40 bytes: what is there is passed on, and nothing is kept for the rest
  const header = Buffer.from('82ff000001000000000000000000', 'hex');
  expect(read([header, Buffer.from('c000', 'hex')])).toEqual({ payload: 'c000', told: [] });
});

const data = Buffer.from('c000', 'hex');
const close = (payload: string) => frame({ first: 0x88, data: Buffer.from(payload, 'hex') });

describe('a client that breaks the protocol is refused (RFC 6455)', () => {
  test.each<[string, Buffer | Buffer[], number]>([
    ['a frame without a mask (5.1)', Buffer.from('8202c000', 'hex'), 1002],
    ['RSV1 without an extension (5.2)', frame({ first: 0xc2, data }), 1002],
    ['RSV2 (5.2)', frame({ first: 0xa2, data }), 1002],
    ['RSV3 (5.2)', frame({ first: 0x92, data }), 1002],
    ['an unknown data opcode (5.2)', frame({ first: 0x83, data }), 1002],
    ['an unknown control opcode (5.2)', frame({ first: 0x8b, data }), 1002],
    ['a continuation of nothing (5.4)', frame({ first: 0x80, data }), 1002],
    ['a continuation after the end of a message', [frame({ first: 0x82, data }), frame({ first: 0x80, data })], 1002],
    ['a new message within a message (5.4)', [frame({ first: 0x02, data }), frame({ first: 0x82, data })], 1002],
    ['a text frame (MQTT-6.0.0-1)', frame({ first: 0x81, data }), 1003],
    ['a text frame that is the first fragment (MQTT-6.0.0-1)', frame({ first: 0x01, data }), 1003],
    ['a fragmented ping (5.5)', frame({ first: 0x09, data }), 1002],
    ['a ping of 126 bytes (5.5)', frame({ first: 0x89, data: Buffer.alloc(126) }), 1002],
    ['a close frame of one byte (5.5.1)', close('03'), 1002],
    ['a close code that is never sent: 1005 (7.4.1)', close('03ed'), 1002],
    ['a close code that is never sent: 1006 (7.4.1)', close('03ee'), 1002],
    ['a close code that is never sent: 1015 (7.4.1)', close('03f7'), 1002],
    ['a close code below 1000 (7.4.2)', close('03e7'), 1002],
    ['a close code from 5000 on (7.4.2)', close('1388'), 1002],
    ['a close reason that is not UTF-8 (8.1)', close('03e8c328'), 1007],
    ['a length of 2^63 (5.2)', Buffer.from('82ff800000000000000000000000', 'hex'), 1009],
  ])('%s', (_, sent, code) => {
    const after = frame({ first: 0x82, data: Buffer.from('ff', 'hex') });
    const stream = Buffer.concat([...[sent].flat(), after]);
    for (const sizes of [[1_000], [1], [3]]) {
      const { payload, told } = read(cut(stream, sizes));
      expect(told).toEqual([`violation ${code}`]);
      expect(payload).not.toContain('ff'); // nothing after it counts
    }
  });
});

test('a close frame ends the stream, with and without a code (RFC 6455 5.5.1)', () => {
  const after = frame({ first: 0x82, data });
  expect(read([close(''), after])).toEqual({ payload: '', told: ['close undefined'] });
  expect(read([close('03e8'), after])).toEqual({ payload: '', told: ['close 1000'] });
  expect(read([close(`0bb8${Buffer.from('grüße').toString('hex')}`), after]).told).toEqual(['close 3000']);
});

test('whatever bytes come, a reader tells at most one end and never throws', () => {
  fc.assert(
    fc.property(fc.array(bytes(64), { maxLength: 12 }), (chunks) => {
      const { told } = read(chunks);
      const ends = told.filter((one) => /^(close|violation)/.test(one));
      expect(ends.length).toBeLessThanOrEqual(1);
    }),
  );
});
