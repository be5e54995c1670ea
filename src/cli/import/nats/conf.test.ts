import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ConfEntry, type ConfValue, parseConf } from './conf.ts';

type Plain = string | Plain[] | { [key: string]: Plain };
const plainOf = (value: ConfValue): Plain => {
  if (value.kind === 'text') return value.text;
  return value.kind === 'list' ? value.items.map(plainOf) : recordOf(value.entries);
};
const recordOf = (entries: readonly ConfEntry[]): Record<string, Plain> =>
  Object.fromEntries(entries.map(({ key, value }) => [key, plainOf(value)]));
const read = (text: string) => recordOf(parseConf('n.conf', text));

test.each<[string, Record<string, Plain>]>([
  ['port: 4222\nhost = "a b" # x\nmqtt { port 1883 }', { port: '4222', host: 'a b', mqtt: { port: '1883' } }],
  ['listen: 127.0.0.1:1883 // x', { listen: '127.0.0.1:1883' }],
  ['users = [ {user: a, password: "p#1"}\n {user: b} ]', { users: [{ user: 'a', password: 'p#1' }, { user: 'b' }] }],
  ['password: $2a$11$abc/def.', { password: '$2a$11$abc/def.' }],
  ['a: ["x", y,\nz]; b: \'q\\\'', { a: ['x', 'y', 'z'], b: 'q\\' }],
  ['tls: {\n  cert_file: "./a.pem"\n}', { tls: { cert_file: './a.pem' } }],
  ['publish: ["a.>", "b.*"]', { publish: ['a.>', 'b.*'] }],
  ['url: nats://127.0.0.1:4222', { url: 'nats://127.0.0.1:4222' }],
  ['a: "x\\"\\t\\x41"', { a: 'x"\tA' }],
])('%j is read', (text, expected) => {
  expect(read(text)).toEqual(expected);
});

test.each([
  ['a {', /n\.conf:1: a \{ is not closed/],
  ['a: 1\n}', /n\.conf:2: a \} too many/],
  ['a: [1', /n\.conf:1: a list is not closed/],
  ['a: 1\nb:', /n\.conf:2: a value is missing/],
  ['a: "x', /n\.conf:1: /],
  ['{ a: 1 }', /n\.conf:1: "\{" is no name of a setting/],
])('%j is refused by file and line', (text, problem) => {
  expect(() => parseConf('n.conf', text)).toThrow(problem);
});

const key = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
const text = fc.stringMatching(/^[\x20-\x7e]{0,12}$/);
const plain = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

test('what is written in any of the ways is read again', () => {
  const separator = fc.constantFrom(': ', ' = ', ' ', ':');
  const end = fc.constantFrom('\n', '; ', ', ', ' # note\n', ' // note\n');
  fc.assert(
    fc.property(
      fc.dictionary(key, plain, { maxKeys: 4, noNullPrototype: true }),
      separator,
      end,
      (record, sep, eol) => {
        const write = (value: Plain): string => {
          if (typeof value === 'string') return JSON.stringify(value);
          if (Array.isArray(value)) return `[${value.map((item) => write(item) + eol).join('')}]`;
          return `{${body(value)}}`;
        };
        const body = (of: Record<string, Plain>): string =>
          Object.entries(of)
            .map(([name, value]) => `${name}${sep}${write(value)}${eol}`)
            .join('');
        expect(read(body(record))).toEqual(record);
      },
    ),
  );
});

test('no bytes make it fail otherwise than in a sentence', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '"', "'", '{', '}', '[', ']', ':', '\n', '#', '/', '(', ' ', '$') }),
      (bytes) => {
        let said = 'n.conf:';
        try {
          parseConf('n.conf', bytes);
        } catch (cause) {
          said = String(cause);
        }
        expect(said).toContain('n.conf:');
      },
    ),
  );
});
