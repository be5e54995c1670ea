import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ParseFailure, Parser, type ParserHandler, type Publication } from './parser.ts';

const text = ({ buffer }: Publication, from: number, to: number) => buffer.toString('latin1', from, to);

/** Writes down what the parser says. */
function recorder(log: unknown[][]): ParserHandler {
  return {
    connect: (json) => log.push(['connect', json]),
    ping: () => log.push(['ping']),
    pong: () => log.push(['pong']),
    error: (message) => log.push(['error', message]),
    subscribe: (...args) => log.push(['subscribe', ...args]),
    unsubscribe: (...args) => log.push(['unsubscribe', ...args]),
    publish: (it) => {
      const reply = it.replyEnd > it.replyStart ? text(it, it.replyStart, it.replyEnd) : undefined;
      const payload = text(it, it.payloadStart, it.payloadEnd);
      const tail = text(it, it.tailStart, it.payloadEnd + 2);
      log.push(['publish', text(it, it.subjectStart, it.subjectEnd), reply, it.headerBytes, payload, tail]);
    },
  };
}

function parse(chunks: readonly Buffer[]): { log: unknown[][]; failure: ParseFailure | undefined } {
  const log: unknown[][] = [];
  const parser = new Parser(recorder(log), { maxPayload: 100_000 });
  parser.hasHeaders = true;
  for (const chunk of chunks) {
    const failure = parser.feed(chunk);
    if (failure !== undefined) return { log, failure };
  }
  return { log, failure: undefined };
}

const read = (wire: string) => parse([Buffer.from(wire, 'latin1')]);

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

test.each([
  ['PING\r\n', ['ping']],
  ['ping  \r\n', ['ping']],
  ['PONG\r\n', ['pong']],
  ['CONNECT {"a":1}\r\n', ['connect', '{"a":1}']],
  ['connect{}\n', ['connect', '{}']],
  ["-ERR 'x'\r\n", ['error', "'x'"]],
  ['SUB a.> 7\r\n', ['subscribe', 'a.>', undefined, '7']],
  ['sub\ta  q \t 7 \r\n', ['subscribe', 'a', 'q', '7']],
  ['UNSUB 7\r\n', ['unsubscribe', '7', 0]],
  ['UNSUB 7 5\r\n', ['unsubscribe', '7', 5]],
  ['UNSUB 7 x\r\n', ['unsubscribe', '7', 0]],
  ['PUB a 2\r\nhi\r\n', ['publish', 'a', undefined, -1, 'hi', '2\r\nhi\r\n']],
  ['PUB a r.x 0\r\n\r\n', ['publish', 'a', 'r.x', -1, '', 'r.x 0\r\n\r\n']],
  ['pub  a\tr 2 \n\r\n\r\n', ['publish', 'a', 'r', -1, '\r\n', 'r 2\r\n\r\n\r\n']],
  ['HPUB a 3 5\r\nhhhhi\r\n', ['publish', 'a', undefined, 3, 'hhhhi', '3 5\r\nhhhhi\r\n']],
  ['HPUB a r 0 2\r\nhi\r\n', ['publish', 'a', 'r', 0, 'hi', 'r 0 2\r\nhi\r\n']],
])('%j is understood', (wire, expected) => {
  expect(read(wire)).toEqual({ log: [expected], failure: undefined });
});

test.each(['+OK\r\n', 'INFO {}\r\n'])('%j says nothing', (wire) => {
  expect(read(wire)).toEqual({ log: [], failure: undefined });
});

test.each<[string, ParseFailure]>([
  ['FOO\r\n', 'unknown-operation'],
  ['\r\n', 'unknown-operation'],
  ['G', 'unknown-operation'],
  ['\x16\x03\x01', 'unknown-operation'],
  ['PUX', 'unknown-operation'],
  ['PUB\r\n', 'unknown-operation'],
  ['SUBSCRIBE / HTTP/1.1\r\n', 'unknown-operation'],
  ['MSG a 1 2\r\nhi\r\n', 'unknown-operation'],
  ['PUB a 2\r\nhello\r\n', 'unknown-operation'],
  ['SUB a\r\n', 'malformed'],
  ['SUB a b c d\r\n', 'malformed'],
  ['UNSUB 1 2 3\r\n', 'malformed'],
  ['PUB a\r\n', 'malformed'],
  ['PUB a b c 1\r\n', 'malformed'],
  ['PUB a b c d e f 1\r\n', 'malformed'],
  ['PUB a -1\r\n', 'malformed'],
  ['PUB a 0x1\r\n', 'malformed'],
  ['PUB a 0000000001\r\n', 'malformed'],
  ['HPUB a 2\r\n', 'malformed'],
  ['HPUB a 3 2\r\n', 'malformed'],
  ['PUB a 100001\r\n', 'payload'],
  [`SUB ${'a'.repeat(4_095)} 1\r\n`, 'control-line'],
  [`PUB ${'a'.repeat(4_095)} 1\r\n`, 'control-line'],
  [`SUB ${'a'.repeat(9_000)}`, 'control-line'],
  [`PING${' '.repeat(9_000)}`, 'control-line'],
])('%j cannot be followed: %s', (wire, failure) => {
  expect(read(wire)).toEqual({ log: [], failure });
});

test('arguments of 4096 bytes are within the limit', () => {
  expect(read(`SUB ${'a'.repeat(4_094)} 1\r\n`).failure).toBeUndefined();
});

test('HPUB is refused to a client that did not ask for headers', () => {
  const parser = new Parser(recorder([]), { maxPayload: 100 });
  expect(parser.feed(Buffer.from('HPUB a 0 2\r\nhi\r\n'))).toBe('malformed');
});

test('after stop() from a callback nothing more is said', () => {
  const log: unknown[][] = [];
  const handler = recorder(log);
  const parser: Parser = new Parser({ ...handler, ping: () => parser.stop() }, { maxPayload: 100 });
  expect(parser.feed(Buffer.from('PONG\r\nPING\r\nPONG\r\n'))).toBeUndefined();
  expect(log).toEqual([['pong']]);
});

test('a message within one chunk is handed on without a copy', () => {
  const chunk = Buffer.from('PUB a 2\r\nhi\r\n');
  const seen: Buffer[] = [];
  const parser = new Parser({ ...recorder([]), publish: ({ buffer }) => seen.push(buffer) }, { maxPayload: 100 });
  parser.feed(chunk);
  expect(seen).toEqual([chunk]);
  expect(seen[0]?.buffer).toBe(chunk.buffer);
});

describe('whatever the chunks', () => {
  const word = fc.stringMatching(/^[a-z.*>]{1,8}$/);
  const payload = fc.oneof(fc.string({ unit: 'binary-ascii', maxLength: 40 }), fc.constant('x'.repeat(40_000)));
  const message = fc
    .tuple(word, fc.option(word, { nil: '' }), payload)
    .map(([subject, reply, body]) => `PUB ${subject} ${reply} ${body.length}\r\n${body}\r\n`);
  const withHeaders = fc
    .tuple(word, payload)
    .map(([subject, body]) => `HPUB ${subject} ${body.length >> 1} ${body.length}\r\n${body}\r\n`);
  const line = fc.oneof(
    fc.constantFrom('PING\r\n', 'pong\n', '+OK\r\n', 'CONNECT {"verbose":false}\r\n', 'UNSUB 1 2\r\n'),
    fc.tuple(word, word).map(([subject, sid]) => `SUB ${subject} ${sid}\r\n`),
    message,
    withHeaders,
  );
  const places = fc.array(fc.nat(), { maxLength: 30 });

  test('the same is understood', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), places, (lines, at) => {
        const wire = Buffer.from(lines.join(''), 'latin1');
        const whole = parse([wire]);
        expect(whole.failure).toBeUndefined();
        expect(parse(cut(wire, at))).toEqual(whole);
      }),
    );
  });

  test('byte by byte the same is understood', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(line, fc.string({ unit: 'binary-ascii', maxLength: 20 })), { maxLength: 5 }),
        (lines) => {
          const wire = Buffer.from(lines.join('').slice(0, 3_000), 'latin1');
          expect(parse([...wire].map((byte) => Buffer.from([byte])))).toEqual(parse([wire]));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('garbage ends in the same refusal and never in an exception', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .array(fc.oneof(line, fc.constantFrom('PUB', 'SUB ', ' ', '\t', '\r', '\n', '\r\n', '9999', 'a', '-1')), {
          maxLength: 20,
        })
        .map((parts) => Buffer.from(parts.join(''), 'latin1')),
    );
    fc.assert(
      fc.property(garbage, places, (wire, at) => {
        expect(parse(cut(wire, at))).toEqual(parse([wire]));
      }),
      { numRuns: 500 },
    );
  });
});

describe('before it is known who a client is', () => {
  const locked = (wire: string) => {
    const log: unknown[][] = [];
    const parser = new Parser(recorder(log), { maxPayload: 100_000 });
    parser.isLocked = true;
    return { failure: parser.feed(Buffer.from(wire, 'latin1')), log };
  };

  test.each(['PING\r\n', 'PUB a 99', 'SUB a 1\r\n', 'FOO', '\r\n', ' CONNECT {}\r\n', '+'])(
    '%j is not taken',
    (wire) => {
      expect(locked(wire)).toEqual({ failure: 'login-required', log: [] });
    },
  );

  test('CONNECT is, in any case, and nothing behind it', () => {
    expect(locked('connect {"a":1}\r\nPING\r\n')).toEqual({ failure: 'login-required', log: [['connect', '{"a":1}']] });
    expect(locked('CONN')).toEqual({ failure: undefined, log: [] });
  });

  test('what comes behind a CONNECT that is held is read when it goes on, wherever the bytes are cut', () => {
    const operation = fc.constantFrom('PING\r\n', 'CONNECT {}\r\n', 'SUB a 1\r\n', 'PUB a 2\r\nhi\r\n', 'UNSUB 1\r\n');
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (operations, places) => {
          const log: unknown[][] = [];
          let parser: Parser;
          const handler = recorder(log);
          const holding: ParserHandler = {
            ...handler,
            connect: (json) => {
              handler.connect(json);
              parser.hold();
            },
          };
          parser = new Parser(holding, { maxPayload: 100 });
          const wire = Buffer.from(operations.join(''), 'latin1');
          for (const chunk of cut(wire, places)) {
            const before = log.length;
            expect(parser.feed(chunk)).toBeUndefined();
            const held = log.slice(before).findIndex(([name]) => name === 'connect');
            expect(log).toHaveLength(held < 0 ? log.length : before + held + 1); // nothing behind it
            for (let count = 0; count < operations.length; count += 1) expect(parser.goOn()).toBeUndefined();
          }
          expect(log).toEqual(read(operations.join('')).log);
        },
      ),
    );
  });
});
