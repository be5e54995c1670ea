// npm run docs: writes docs/reference and the table of limits in docs/security.md from the built program, and
// docs/conformance.md from the tests; with --check it writes nothing and names stale files.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIo } from '../dist/cli/io.js';
import { buildProgram } from '../dist/cli/program.js';
import { referencePages } from '../dist/cli/reference.js';
import { withLimitsTable } from '../dist/config/limits.js';
import { conformancePage } from './conformance.mjs';
import { root, say } from './setup.mjs';

const directory = join(root, 'docs');

function currentText(name) {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const conformance = conformancePage(root);
const pages = new Map(
  [...referencePages(await buildProgram(processIo()))].map(([name, text]) => [`reference/${name}`, text]),
)
  .set(conformance.name, conformance.text)
  .set('security.md', withLimitsTable(currentText('security.md')));
const stale = [...pages].filter(([name, text]) => currentText(name) !== text).map(([name]) => name);
if (process.argv.includes('--check')) {
  for (const name of stale) say(`docs/${name} is stale; run: npm run docs`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  mkdirSync(join(directory, 'reference'), { recursive: true });
  for (const name of stale) writeFileSync(join(directory, name), pages.get(name));
  say(stale.length === 0 ? 'the documents are up to date' : `written: ${stale.join(', ')}`);
}
for (const problem of conformance.problems) say(problem);
if (conformance.problems.length > 0) process.exitCode = 1;
