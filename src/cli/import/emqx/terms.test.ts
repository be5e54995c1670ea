import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFault, parseTerms, type Term } from './terms.ts';

const text = (value: string): Term => ({ kind: 'text', value });
const atom = (value: string): Term => ({ kind: 'atom', value });

test('terms have their places, and comments are none', () => {
  const parsed = parseTerms(`%% first
{allow, {username, "a\\"b"}, 'Quoted', ["t/#", <<"bin">>], 1}.

%% {deny, all}.
{deny, all}. % behind`);
  expect(parsed).toEqual([
    {
      line: 2,
      text: '{allow, {username, "a\\"b"}, \'Quoted\', ["t/#", <<"bin">>], 1}.',
      term: {
        kind: 'tuple',
        items: [
          atom('allow'),
          { kind: 'tuple', items: [atom('username'), text('a"b')] },
          atom('Quoted'),
          { kind: 'list', items: [text('t/#'), text('bin')] },
          { kind: 'number', value: 1 },
        ],
      },
    },
    { line: 5, text: '{deny, all}.', term: { kind: 'tuple', items: [atom('deny'), atom('all')] } },
  ]);
});

test.each([
  ['{allow, all}', 1, '"." is missing behind a term'],
  ['{allow all}.', 1, '"," or "}" is missing'],
  ['\n{allow, [', 2, 'it ends in the middle of a term'],
  ['{allow, Who}.', 1, '"W" begins no term'],
  ['<<1,2>>.', 1, 'a binary other than <<"text">> is not read'],
  ['['.repeat(100), 1, 'terms are nested deeper than 50'],
])('%j is refused at line %i', (source, line, problem) => {
  expect(parseTerms(source)).toEqual({ line, problem });
});

const written = (term: Term): string => {
  if (term.kind === 'text') return JSON.stringify(term.value);
  if (term.kind === 'number') return String(term.value);
  if ('value' in term) return `'${term.value}'`;
  const items = term.items.map(written).join(',\n');
  return term.kind === 'tuple' ? `{${items}}` : `[ ${items} ]`;
};

test('what is written is read again', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_@ %.]*$/);
  const { term } = fc.letrec<{ term: Term }>((tie) => ({
    term: fc.oneof(
      { maxDepth: 4 },
      fc.record({ kind: fc.constant('text' as const), value: name }),
      fc.record({ kind: fc.constant('atom' as const), value: name }),
      fc.record({ kind: fc.constant('number' as const), value: fc.integer() }),
      fc.record({
        kind: fc.constantFrom('tuple' as const, 'list' as const),
        items: fc.array(tie('term'), { maxLength: 3 }),
      }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(term, { maxLength: 4 }), (terms) => {
      const parsed = parseTerms(terms.map((one) => `${written(one)}. % end\n`).join(''));
      expect(isFault(parsed) ? parsed : parsed.map((one) => one.term)).toEqual(terms);
    }),
  );
});

test('any text is read or refused at one of its lines, and nothing is thrown', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    '.',
    '"',
    "'",
    '<<',
    '>>',
    '%',
    'a',
    '1',
    ' ',
    '\n',
    '\\',
    '|',
  );
  fc.assert(
    fc.property(fc.string({ unit: pieces }), (source) => {
      const parsed = parseTerms(source);
      expect(isFault(parsed) ? parsed.line : 1).toBeLessThanOrEqual(source.split('\n').length);
    }),
  );
});
