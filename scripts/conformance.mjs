// docs/conformance.md: every normative statement of MQTT 3.1.1 and 5, and the tests that name it or why none does.
//
// A test names a statement in its name or in a row of its table, in brackets or bare:
//   MQTT-3.1.2-3         the statement of MQTT 5 (as in the clauses of src/mqtt)
//   3.1.1 MQTT-3.1.2-3   the statement of MQTT 3.1.1, which may say something else under the same number
// Every string in src/**/*.test.ts and test/**/*.ts but test/support counts, comments do not. A string that holds nothing but clauses and
// a reason code, as the expected outcome in a table does, belongs to the string before it that is a sentence; before the
// first one it stands for the whole file.
//
// The statements are listed in docs/conformance/*.yaml. What is wrong with them is reported, and fails the check: a
// statement with neither test nor reason, one with both, and a test that names a statement which does not exist.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse } from 'yaml';

const versions = [
  { title: 'MQTT 3.1.1', prefix: '3.1.1 ', file: 'mqtt-3.1.1.yaml' },
  { title: 'MQTT 5', prefix: '', file: 'mqtt-5.yaml' },
];
const citation = /(3\.1\.1 )?(MQTT-\d+(?:\.\d+)*-\d+)/g;
/** Comments first, so that a quote in one begins no string. A template is taken whole, expressions included. */
const literal = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const maxShown = 3;

function* files(directory, ending) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== 'support') yield* files(path, ending);
    else if (entry.name.endsWith(ending)) yield path;
  }
}

/** A name as a reader wants it: without clauses, placeholders and escapes. */
const nameIn = (text) =>
  text
    .replaceAll(/[([](?:(?:3\.1\.1 )?MQTT-[\d.-]+\d(?:, | and )?)+[)\]]/g, '')
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replaceAll(/%[sdioj]/g, '…')
    .replaceAll(/\\(.)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
const isBareOutcome = (text) => /^(?:[\da-f]{2} )?(?:[([]?(?:3\.1\.1 )?MQTT-[\d.-]+\d[)\]]?\s*)+$/.test(text.trim());

/** What one file names: statement to test names. */
function citationsIn(source) {
  const found = [];
  let sentence = 'the whole file';
  for (const [, single, double, template] of source.matchAll(literal)) {
    const text = single ?? double ?? template;
    if (text === undefined) continue;
    const isOutcome = isBareOutcome(text);
    const name = isOutcome ? sentence : nameIn(text);
    for (const [, prefix = '', id] of text.matchAll(citation)) found.push({ statement: prefix + id, name });
    if (!isOutcome && /[a-z]{2,} /i.test(text) && !text.includes('\n')) sentence = nameIn(text);
  }
  return found;
}

function citations(root) {
  const byStatement = new Map();
  const paths = [...files(join(root, 'test'), '.ts'), ...files(join(root, 'src'), '.test.ts')].toSorted((a, b) =>
    a < b ? -1 : 1,
  );
  for (const path of paths) {
    const file = relative(root, path);
    for (const { statement, name } of citationsIn(readFileSync(path, 'utf8'))) {
      const tests = byStatement.get(statement) ?? [];
      if (!tests.some((test) => test.file === file && test.name === name)) tests.push({ file, name });
      byStatement.set(statement, tests);
    }
  }
  return byStatement;
}

/** Bytes on the wire say more than a unit test. */
const weight = ({ file }) => (file.startsWith('test/protocol/') ? 0 : file.startsWith('test/') ? 1 : 2);
const escape = (text) =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('_', '\\_');

function coverage(tests) {
  const shown = tests.toSorted((a, b) => weight(a) - weight(b)).slice(0, maxShown);
  const rest = tests.length - shown.length;
  const lines = shown.map(({ file, name }) => `[${escape(name)}](../${file})`);
  return [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('<br>');
}

const whyNot = ({ side, reason }) => reason ?? (side === 'client' ? 'Obliges the client.' : undefined);

function versionPage({ title, statements, tests }) {
  const covered = statements.filter(({ id }) => tests.has(id)).length;
  const rows = statements.map((statement) => {
    const cited = tests.get(statement.id);
    const cover = cited === undefined ? (whyNot(statement) ?? '**nothing**') : coverage(cited);
    return `| ${statement.id} | ${statement.side} | ${escape(statement.summary)} | ${cover} |`;
  });
  return [
    `## ${title}`,
    '',
    `${statements.length} statements: ${covered} with tests, ${statements.length - covered} with the reason why there is none.`,
    '',
    '| Statement | Obliges | What it says | Covered by |',
    '|---|---|---|---|',
    ...rows,
    '',
  ];
}

/** @returns the page, and what is wrong with it */
export function conformancePage(root) {
  const cited = citations(root);
  const problems = [];
  const known = new Set();
  const parts = versions.map(({ title, prefix, file }) => {
    const statements = parse(readFileSync(join(root, 'docs', 'conformance', file), 'utf8'));
    const tests = new Map();
    for (const statement of statements) {
      const { id, reason } = statement;
      if (known.has(prefix + id)) problems.push(`docs/conformance/${file}: ${id} is there twice`);
      known.add(prefix + id);
      const found = cited.get(prefix + id);
      if (found !== undefined) tests.set(id, found);
      if (found !== undefined && reason !== undefined)
        problems.push(`docs/conformance/${file}: ${id} has a reason and a test (${found[0].file}); remove the reason`);
      if (found === undefined && whyNot(statement) === undefined)
        problems.push(`docs/conformance/${file}: ${id} has neither a test nor a reason`);
    }
    return { title, statements, tests };
  });
  for (const [statement, tests] of cited)
    if (!known.has(statement))
      problems.push(`${tests[0].file}: "${tests[0].name}" names ${statement}, which is no statement of that version`);
  const text = [
    '# Conformance',
    '',
    'Every numbered normative statement of the OASIS standards MQTT 3.1.1 and MQTT 5, in our own words, and the tests',
    'that name it. `npm run docs` writes this page from the tests and from `docs/conformance/*.yaml`; `npm run check`',
    'fails when it is stale, or when a statement has neither a test nor a reason.',
    '',
    'The tests in `test/protocol` send raw bytes over a connection and compare exact bytes; those beside the code and in',
    '`test/integration` look closer.',
    '',
    ...parts.flatMap(versionPage),
  ].join('\n');
  return { name: 'conformance.md', text, problems };
}

if (process.argv[1] === import.meta.filename) {
  const { problems } = conformancePage(dirname(import.meta.dirname));
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
