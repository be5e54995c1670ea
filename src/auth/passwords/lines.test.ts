import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  linesOf,
  passwordFileProblem,
  TableReader,
  userProblem,
  withDecoyKey,
  withoutUser,
  withUser,
} from './lines.ts';

const hash =
  '$6$MiHCiDrRPifrXZ0F$qbv2ssQCfwuCE22GEnUn/cZezCyhYA0ylB+cJGpeW66f+43JjsnvAm8J01Y1NgdwLoYpOKUbUf4/N6adcJWYxw==';
const other = hash.replace('$6$Mi', '$6$Mj');

function tableOf(text: string): Record<string, string> {
  const reader = new TableReader();
  for (const line of linesOf(text)) reader.take(line);
  expect(reader.problems).toEqual([]);
  return Object.fromEntries(reader.table.hashes);
}

test('users, comments and empty lines are read, with line ends of any system', () => {
  expect(tableOf(`# who may come\n\nbob:${hash}\r\nann:${other}\n  \n`)).toEqual({ bob: hash, ann: other });
  expect(tableOf('')).toEqual({});
});

describe('a file is refused with the number of the line, and never with a hash', () => {
  test.each([
    [`bob:${hash}\nann\n`, 'f:2: write user:hash'],
    [`bob:${hash}\nann:secret\n`, 'f:2: has no hash behind the user name'],
    [`bob:${hash}\n\nbob:${hash}`, 'f:3: its user has a line above'],
    [`:${hash}`, 'f:1: the user name is empty'],
    [`anonymous:${hash}`, 'f:1: "anonymous" is the name of clients without an identity'],
    [`b\u0000b:${hash}`, 'f:1: a user name holds neither ":" nor control characters'],
    [`${'é'.repeat(600)}:${hash}`, 'f:1: the user name is 1200 bytes long; use at most 1024'],
    ['a\n'.repeat(8), '; f:5: write user:hash; `viaduct passwd add` makes such lines; and 3 more lines'],
  ])('%j', (text, problem) => {
    expect(passwordFileProblem('f', text)).toContain(problem);
    expect(passwordFileProblem('f', text)).not.toContain('qbv2ss');
  });
});

const user = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.constantFrom('bob', 'bo', 'b', 'ann', '__proto__'),
  )
  .filter((name) => userProblem(name) === undefined && name.trim() !== '');
const comment = fc.constantFrom('# a comment', '', '  ');
const file = fc
  .record({
    users: fc.uniqueArray(user, { maxLength: 6 }),
    comments: fc.array(comment, { maxLength: 3 }),
    end: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ users, comments, end }) =>
    [...comments, ...users.map((name) => `${name}:${hash}`)].map((line) => line + end).join(''),
  );

test('a user that is written is read, and every other line stays as it is', () => {
  fc.assert(
    fc.property(file, user, (text, name) => {
      const before = tableOf(text);
      const written = withUser(text, { user: name, hash: other });
      expect(new Map(Object.entries(tableOf(written)))).toEqual(new Map([...Object.entries(before), [name, other]]));
      const isNotHis = (line: string): boolean => !line.startsWith(`${name}:`);
      expect(linesOf(written).filter(isNotHis)).toEqual(linesOf(text).filter(isNotHis));
    }),
  );
});

test('a user that is removed is gone, and every other line stays as it is', () => {
  fc.assert(
    fc.property(file, user, (text, name) => {
      expect(withoutUser(withUser(text, { user: name, hash }), name)).toBe(withoutUser(text, name));
      expect(Object.keys(tableOf(withoutUser(text, name)))).not.toContain(name);
    }),
  );
});

const key = Buffer.alloc(32, 1).toString('base64');
const verifier = (iterations: number): string => `SCRAM-SHA-256$${iterations}:W22ZaJ0SNY7soEsUEjb6gQ==$${key}:${key}`;

test('a user has one line of each kind, one takes the place of its own kind alone, and both go with the user', () => {
  const both = withUser(`bob:${hash}\n`, { user: 'bob', hash: verifier(4_096) });
  expect(both).toBe(`bob:${hash}\nbob:${verifier(4_096)}\n`);
  expect(withUser(both, { user: 'bob', hash: verifier(5_000) })).toBe(`bob:${hash}\nbob:${verifier(5_000)}\n`);
  expect(withUser(both, { user: 'bob', hash: other })).toBe(`bob:${other}\nbob:${verifier(4_096)}\n`);
  expect(withoutUser(both, 'bob')).toBe('');
  expect(passwordFileProblem('f', `${both}bob:${verifier(4_096)}\n`)).toContain(
    'f:3: its user has a line of SCRAM-SHA-256 above',
  );
  expect(passwordFileProblem('f', `bob:${verifier(1)}`)).toContain('f:1: needs 4096 to');
});

test('users that do not exist are given what most verifiers look like, with a secret that stands in the file once', () => {
  const reader = new TableReader();
  const lines = [verifier(4_096), verifier(9_000), verifier(9_000)].map((text, index) => `user${index}:${text}\n`);
  const text = withDecoyKey(withDecoyKey(lines.join(''), 'first'), 'second');
  for (const line of linesOf(text)) reader.take(line);
  expect(reader.table).toMatchObject({ decoyKey: 'first', shape: { iterations: 9_000, saltBytes: 16 } });
  expect(reader.problems).toEqual([]);
});

test('a file without an end of its last line gets one before the next', () => {
  expect(withUser(`bob:${hash}`, { user: 'ann', hash })).toBe(`bob:${hash}\nann:${hash}\n`);
});

test('whatever a line is, it is a user with a hash, nothing, or a sentence', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const reader = new TableReader();
      reader.take(text);
      const [user, hash] = [...reader.table.hashes, ...reader.table.verifiers][0] ?? [];
      const problem = reader.problems[0]?.problem;
      const isTaken = problem === undefined && `${user}:${hash}` === text;
      const isNothing = problem === undefined && user === undefined && (text.trim() === '' || text.startsWith('#'));
      expect(isTaken || isNothing || (user === undefined && problem !== undefined && problem.length > 10)).toBe(true);
    }),
  );
});
