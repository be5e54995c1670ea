import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { readPlainYaml } from './plain-yaml.ts';

/** What the library reads, or undefined where it has something to say about the text. */
function readByLibrary(text: string): { value: unknown } | undefined {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
  return { value: document.toJS() as unknown };
}

/** It reads the text, and as the library does. */
function expectAlike(text: string): void {
  expect(readPlainYaml(text), text).toEqual(readByLibrary(text));
}

test('a configuration as a person writes it is read', () => {
  const text = [
    '# the broker of the plant',
    'listeners:',
    '  - { name: devices, bind: 0.0.0.0:8884, tls: two-way, accept: [mqtt] }',
    '  - name: everything   # for pages',
    '    bind: "[::1]:443"',
    "    path: '/mqtt'",
    '    accept:',
    '    - mqtt',
    '    - websocket',
    '    policy: {}',
    '',
    'bridge:',
    '    rules:',
    '      -',
    '        name: telemetry',
    '        topic: "plants/{site}/up/{rest...}"',
    '        subject: plants.{site}.up.{rest...}',
    '      # none of the others',
    'nats:',
    'limits: { inFlight: 100, packetSize: 1MiB, keepAlive: 30s }',
    'plane: { hotPath: on, isDry: true, note: null, list: [], ratio: 007 }',
  ].join('\n');
  expect(readPlainYaml(text)).toBeDefined();
  expectAlike(text);
  expectAlike(`${text}\n`);
});

describe('what is no plain YAML is left to the library', () => {
  test.each([
    ['nothing', ''],
    ['a comment alone', '# a: b'],
    ['a list', '- a'],
    ['a document mark', '---\na: b'],
    ['a second document', 'a: b\n---\nc: d'],
    ['a directive', '%YAML 1.2\n---\na: b'],
    ['a key that is given twice', 'a: b\na: c'],
    ['a key that is given twice in braces', 'a: { b: c, b: d }'],
    ['a key that is no word', 'true: b'],
    ['a key in quotes', '"a": b'],
    ['a key with a merge', 'a: b\n<<: c'],
    ['the prototype', '__proto__: { a: b }'],
    ['an anchor', 'a: &b c'],
    ['an alias', 'a: *b'],
    ['a tag', 'a: !b c'],
    ['a block of text', 'a: |\n  b'],
    ['a folded text', 'a: >\n  b'],
    ['a text over two lines', 'a: b\n  c'],
    ['a quoted text over two lines', 'a: "b\n  c"'],
    ['braces over two lines', 'a: { b: c,\n  d: e }'],
    ['an escape', 'a: "\\n"'],
    ["a quote in a quoted text, 'it''s'", "a: 'it''s'"],
    ['a text of two words', 'a: b c'],
    ['a tab', 'a:\tb'],
    ['a carriage return', 'a: b\r\n'],
    ['a byte order mark', '\ufeffa: b'],
    ['a float', 'a: 1.5'],
    ['an exponent', 'a: 1e3'],
    ['hexadecimal', 'a: 0x1F'],
    ['octal', 'a: 0o17'],
    ['infinity', 'a: .inf'],
    ['a negative number', 'a: -1'],
    ['a number that is not exact', 'a: 12345678901234567890'],
    ['a line that stands between two indentations', 'a:\n    b: c\n  d: e'],
    ['a first line that is indented', '  a: b'],
    ['a list item that is indented more', 'a:\n  - b\n    - c'],
    ['a list below a list', 'a:\n  - - b'],
    ['a dash without a space', 'a:\n  -b'],
    ['a colon without a space', 'a:b'],
    ['two colons', 'a: b: c'],
    ['a comment without a space', 'a: "b"#c'],
    ['a comma at the end', 'a: [b, ]'],
    ['braces that do not close', 'a: { b: c'],
    ['brackets that end as braces', 'a: [b}'],
    ['deep nesting', `a: ${'['.repeat(10_000)}`],
  ])('%s', (_, text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });
});

/** Pieces that mean something to YAML, or nearly. */
const words = 'a b1 name true null 12 0 1.5 .5 0x1 ... /mqtt 127.0.0.1:80 a#b 30s $a a<b a{b},[c] é'.split(' ');
const marks = '- : , { } [ ] " \' "" # ~ * | > ? % @ << ='.split(' ');
const spaced = [': ', '- ', ', ', '{ ', ' }', '"x y"', "'#'", ' # c', '&a ', '| ', '? ', ' ', '  '];
const pieces = [...words, ...marks, ...spaced, '\n', '\n', '\n  ', '\n  ', '\n    '];
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((parts) => parts.join(''));
const line = fc
  .tuple(
    fc.constantFrom('', '', '  ', '    ', '- ', '  - '),
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.constantFrom('', ' x', ' "x: y"', ' 12', ' { a: b, c: [d, e] }', ' # c', ' []', ' null'),
  )
  .map(([indent, name, value]) => `${indent}${name}:${value}`);
const outline = fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => lines.join('\n'));

test('whatever is read, is read as the library reads it', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        soup.map((text) => `a: ${text}`),
        outline,
      ),
      (text) => {
        const read = readPlainYaml(text);
        expect(read, JSON.stringify(text)).toEqual(read && readByLibrary(text));
      },
    ),
    { numRuns: 5_000 },
  );
});

test('outlines of settings are read, not only those without a fault', () => {
  const read = fc.sample(outline, { numRuns: 500, seed: 1 }).filter((text) => readPlainYaml(text) !== undefined);
  expect(read.length).toBeGreaterThan(30);
});

const name = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,8}$/).filter((text) => !['true', 'false', 'null'].includes(text));
const tree = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.stringMatching(/^[a-z][a-z0-9./]{0,10}$/),
    fc.nat({ max: 1e9 }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value;

test('what the library writes of settings is read back', () => {
  fc.assert(
    fc.property(fc.dictionary(name, tree, { minKeys: 1, maxKeys: 4 }), (settings) => {
      const text = stringify(settings);
      if (/^\s*- - /m.test(text)) return; // a list in a list
      expect(readPlainYaml(text), text).toEqual({ value: settings });
    }),
  );
});
