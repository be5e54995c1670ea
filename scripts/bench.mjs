// npm run bench: Viaduct beside Debian's mosquitto, row by row of bench/rows.mjs. See bench/README.md.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildCommit, commitNamed, formatPairs, measurePairs } from '../bench/against.mjs';
import { makeCertificates } from '../bench/brokers.mjs';
import { describeEnvironment, installTools } from '../bench/environment.mjs';
import { measureRow } from '../bench/measure.mjs';
import { parseOptions, usage } from '../bench/options.mjs';
import { canPin } from '../bench/process.mjs';
import { formatFaults, formatTable } from '../bench/report.mjs';
import { rows as networkRows } from '../bench/rows.mjs';
import { formatStorageTable, measureStorage } from '../bench/storage.mjs';
import { storageRows } from '../bench/storage-rows.mjs';
import { build, installPackages, requireNode, root, run, say } from './setup.mjs';

const rows = [...networkRows, ...storageRows];
const options = parseOptions(process.argv.slice(2), rows);
if (options.problem !== undefined) {
  say(options.problem);
  process.exit(2);
}
if (options.help || options.list) {
  console.log(options.help ? usage : rows.map(({ name, title }) => `${name.padEnd(26)}${title}`).join('\n'));
  process.exit(0);
}

function save(file, result) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

requireNode();
installPackages();
installTools();
build();
const cache = join(root, '.cache', 'bench');
run('make', ['--silent', '-C', join(root, 'bench'), `OUT=${cache}`]);
if (!canPin) say('this machine has one core, so nothing is pinned and the numbers mean little');

const directory = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));
// A copy below the repository, where it finds its packages: a build meanwhile changes nothing.
const app = mkdtempSync(join(cache, 'app-'));
process.on('exit', () => {
  for (const path of [directory, app]) rmSync(path, { recursive: true, force: true });
});
for (const name of ['dist', 'package.json']) cpSync(join(root, name), join(app, name), { recursive: true });
const against = options.against === undefined ? undefined : commitNamed(root, options.against);
if (options.against !== undefined && against === undefined) {
  say(`--against ${options.against}: there is no such commit here; name one of git log`);
  process.exit(2);
}
const environment = describeEnvironment(root);
say(`Node ${environment.versions.node} with OpenSSL ${environment.versions.opensslOfNode}`);
await makeCertificates({ app, directory });
const plan = options.quick ? 'quick' : 'full';
const setting = { app, directory, program: join(cache, 'mqload'), plan, runs: options.runs };
const results = [];
const stored = [];
const result = { ...environment, plan, runs: options.runs, rows: results, storageRows: stored };
const tables = () =>
  [results.length > 0 && formatTable(results), stored.length > 0 && formatStorageTable(stored)]
    .filter((text) => text !== false)
    .join('\n\n');
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    console.log(tables());
    process.exit(130);
  });
/** After every row, so that a run cut short leaves what it has. */
function keep() {
  if (options.json !== undefined) save(resolve(options.json), result);
}
if (against !== undefined || options.rules !== undefined) {
  const { rules } = options;
  const before = against === undefined ? app : buildCommit(root, against, cache);
  const sides = { before: { app: before }, now: { app, rules } };
  const pairs = [];
  for (const row of options.rows) {
    pairs.push(await measurePairs(row, sides, { ...setting, plan: options.quick ? 'quick' : 'warm' }, say));
    if (options.json !== undefined) save(resolve(options.json), { ...environment, against, rules, rows: pairs });
  }
  if (against !== undefined) rmSync(before, { recursive: true, force: true });
  console.log(formatPairs(pairs));
  const faults = formatFaults(pairs);
  for (const fault of faults) say(fault);
  process.exit(faults.length > 0 ? 1 : 0);
}
const ofNetwork = options.rows.filter(({ scenario }) => scenario === undefined);
for (const [index, row] of ofNetwork.entries()) {
  results.push(await measureRow(row, setting, (text) => say(`[${index + 1}/${ofNetwork.length}] ${text}`)));
  keep();
}
const ofStorage = options.rows.filter(({ scenario }) => scenario !== undefined);
for (const scenario of new Set(ofStorage.map((row) => row.scenario))) {
  const ofScenario = ofStorage.filter((row) => row.scenario === scenario);
  stored.push(...(await measureStorage(ofScenario, setting, say)));
  keep();
}

console.log(tables());
if (options.isFull) {
  const kind = options.storage ? '-storage' : '';
  const file = join(root, 'bench', 'results', `${environment.date.slice(0, 10)}-${environment.version}${kind}.json`);
  save(file, result);
  run(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', '--log-level=error', file]);
  say(`kept as ${file}`);
}
const faults = [
  ...formatFaults(results),
  ...formatFaults(stored.filter(({ faults: found }) => found.some(({ broker }) => broker === 'viaduct'))),
];
for (const fault of faults) say(fault);
process.exit(faults.length > 0 ? 1 : 0);
