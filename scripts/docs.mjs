// npm run docs: writes docs/reference from the built program; with --check it writes nothing and names stale files.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIo } from '../dist/cli/io.js';
import { buildProgram } from '../dist/cli/program.js';
import { referencePages } from '../dist/cli/reference.js';
import { root, say } from './setup.mjs';

const directory = join(root, 'docs', 'reference');

function currentText(name) {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const pages = referencePages(buildProgram(processIo()));
const stale = [...pages].filter(([name, text]) => currentText(name) !== text).map(([name]) => name);
if (process.argv.includes('--check')) {
  for (const name of stale) say(`docs/reference/${name} is stale; run: npm run docs`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  mkdirSync(directory, { recursive: true });
  for (const name of stale) writeFileSync(join(directory, name), pages.get(name));
  say(stale.length === 0 ? 'docs/reference is up to date' : `written: ${stale.join(', ')}`);
}
