import { expect, test } from 'vitest';
import { BlockPool, blockBytes } from './blocks.ts';
import { Parser, type ParserHandler, type Publication } from './parser.ts';
import { Writer } from './writer.ts';

const ignore: ParserHandler = {
  connect: () => undefined,
  ping: () => undefined,
  pong: () => undefined,
  error: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  publish: () => undefined,
};

/** Runs `use` with the message that `wire` is. */
function withMessage(wire: string, use: (publication: Publication) => void): void {
  const parser = new Parser({ ...ignore, publish: use }, { maxPayload: 1_000_000 });
  parser.hasHeaders = true;
  parser.feed(Buffer.from(wire, 'latin1'));
}

function open() {
  const batches: { text: string; parts: number; done: () => void }[] = [];
  let sent = 0;
  const writer = new Writer(
    new BlockPool(),
    (parts, done) => batches.push({ text: Buffer.concat(parts).toString('latin1'), parts: parts.length, done }),
    () => {
      sent += 1;
    },
  );
  return { writer, batches, sentCount: () => sent };
}

const sid = Buffer.from(' 7 ');

test.each([
  ['PUB a.b 2\r\nhi\r\n', 'MSG a.b 7 2\r\nhi\r\n'],
  ['PUB a.b r 2\r\nhi\r\n', 'MSG a.b 7 r 2\r\nhi\r\n'],
  ['HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n', 'HMSG a 7 12 14\r\nNATS/1.0\r\n\r\nhi\r\n'],
  ['HPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n', 'HMSG a 7 r 12 12\r\nNATS/1.0\r\n\r\n\r\n'],
])('%j becomes %j', (wire, expected) => {
  const { writer, batches } = open();
  withMessage(wire, (publication) => writer.message(publication, sid));
  expect(writer.pendingBytes).toBe(expected.length);
  writer.flush();
  expect(batches.map((batch) => batch.text)).toEqual([expected]);
});

test('without headers the rest of the message is left, and small ones share a block', () => {
  const { writer, batches } = open();
  for (const reply of ['r ', ''])
    withMessage(`HPUB a ${reply}12 14\r\nNATS/1.0\r\n\r\nhi\r\n`, (publication) =>
      writer.messageWithoutHeaders(publication, sid),
    );
  const expected = 'MSG a 7 r 2\r\nhi\r\nMSG a 7 2\r\nhi\r\n';
  expect(writer.pendingBytes).toBe(expected.length);
  writer.flush();
  expect(batches.map(({ text, parts }) => ({ text, parts }))).toEqual([{ text: expected, parts: 1 }]);
});

test('what is queued in a turn leaves as one batch', () => {
  const { writer, batches } = open();
  writer.line('+OK\r\n');
  withMessage('PUB a 2\r\nhi\r\n', (publication) => writer.message(publication, sid));
  writer.line('PONG\r\n');
  writer.flush();
  expect(batches).toHaveLength(1);
  expect(batches[0]).toMatchObject({ text: '+OK\r\nMSG a 7 2\r\nhi\r\nPONG\r\n', parts: 1 });
});

test('one batch is under way at a time, and its bytes are pending until it is gone', () => {
  const { writer, batches, sentCount } = open();
  writer.line('one\r\n');
  writer.flush();
  writer.line('two\r\n');
  writer.flush();
  expect(batches).toHaveLength(1);
  expect([writer.pendingBytes, writer.queuedBytes]).toEqual([10, 5]);
  batches[0]?.done();
  expect([writer.pendingBytes, sentCount()]).toEqual([5, 1]);
  writer.flush();
  batches[1]?.done();
  expect(batches[1]?.text).toBe('two\r\n');
  expect(writer.pendingBytes).toBe(0);
  writer.flush();
  expect(batches).toHaveLength(2);
});

test('messages of all sizes keep their order and their bytes', () => {
  const { writer, batches } = open();
  let expected = '';
  for (const size of [10, blockBytes - 20, 8_191, 8_192, 5, 100_000, 33, blockBytes, 1]) {
    const body = String.fromCharCode(97 + (size % 26)).repeat(size);
    withMessage(`PUB s.${size} ${size}\r\n${body}\r\n`, (publication) => writer.message(publication, sid));
    expected += `MSG s.${size} 7 ${size}\r\n${body}\r\n`;
  }
  expect(writer.queuedBytes).toBe(expected.length);
  writer.flush();
  expect(batches[0]?.text).toBe(expected);
});

test('a block that is used again does not change what is under way', () => {
  const { writer, batches } = open();
  writer.line('one\r\n');
  writer.flush();
  batches[0]?.done();
  writer.line('two\r\n');
  writer.flush();
  writer.line('three\r\n');
  batches[1]?.done();
  writer.flush();
  expect(batches.map((batch) => batch.text)).toEqual(['one\r\n', 'two\r\n', 'three\r\n']);
});

test('discard forgets what is queued, not what is under way', () => {
  const { writer, batches } = open();
  writer.line('one\r\n');
  writer.flush();
  writer.line('two\r\n');
  writer.discard();
  writer.line("-ERR 'Slow Consumer'\r\n");
  writer.finish();
  expect(batches.map((batch) => batch.text)).toEqual(['one\r\n', "-ERR 'Slow Consumer'\r\n"]);
});
