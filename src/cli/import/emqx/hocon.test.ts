import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHocon } from './hocon.ts';

const flat = (source: string): unknown => {
  const settings = parseHocon(source);
  return 'problem' in settings
    ? settings
    : Object.fromEntries(settings.map(({ path, value }) => [path.join('.'), value]));
};

test('objects, dotted names, lists, comments and repeated settings are read as EMQX writes them', () => {
  expect(
    flat(`# comment
node { name = "emqx@127.0.0.1", data_dir: "data" }
listeners.ssl.default {
  bind = "0.0.0.0:8883" // behind
  ssl_options {
    versions = ["tlsv1.3", tlsv1.2]
    verify = verify_peer
  }
}
authentication = [
  { mechanism = password_based, password_hash_algorithm { name = sha256 } }
]
mqtt.max_packet_size = 1MB
mqtt { max_packet_size = 2MB }
note = """two
lines"""
empty = []`),
  ).toEqual({
    'node.name': 'emqx@127.0.0.1',
    'node.data_dir': 'data',
    'listeners.ssl.default.bind': '0.0.0.0:8883',
    'listeners.ssl.default.ssl_options.versions': ['tlsv1.3', 'tlsv1.2'],
    'listeners.ssl.default.ssl_options.verify': 'verify_peer',
    'authentication.0.mechanism': 'password_based',
    'authentication.0.password_hash_algorithm.name': 'sha256',
    'mqtt.max_packet_size': '2MB',
    note: 'two\nlines',
  });
});

test.each([
  ['a {', 1, '"}" is missing at the end'],
  ['\na', 2, '"=" is missing behind a'],
  ['a = [1', 1, '"]" is missing at the end'],
  ['a = [[1]]', 1, 'lists in lists are not read'],
  ['a = [}', 1, '"}" ends no object of this list'],
  ['a {'.repeat(60), 1, 'settings are nested deeper than 50'],
])('%j is refused at line %i', (source, line, problem) => {
  expect(parseHocon(source)).toEqual({ line, problem });
});

test('any text is read or refused at one of its lines, and nothing is thrown or runs on', () => {
  const pieces = fc.constantFrom('{', '}', '[', ']', ',', '=', ':', '"', '#', '//', 'a', 'b1', ' ', '\n', '\\', '.');
  fc.assert(
    fc.property(fc.string({ unit: pieces }), (source) => {
      const read = parseHocon(source);
      expect('problem' in read ? read.line : 1).toBeLessThanOrEqual(source.split('\n').length);
    }),
  );
});
