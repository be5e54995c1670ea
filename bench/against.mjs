// Viaduct beside an earlier version of itself, or with other settings: the two take turns, so that a busy machine disturbs both.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../scripts/setup.mjs';
import { measureOnce } from './measure.mjs';
import { faultsOf, formatColumns, formatValue, median, summarize } from './report.mjs';
import { modes } from './rows.mjs';

/** @returns the whole name of a commit; undefined where there is none of this name. */
export function commitNamed(root, name) {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Brings the packages that a commit needs and that are not installed any more, in its versions, into its folder. */
function installMissing(root, folder) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const types = Object.entries(devDependencies).filter(([name]) => name.startsWith('@types/'));
  const missing = [...Object.entries(dependencies), ...types].filter(
    ([name]) => !existsSync(join(root, 'node_modules', name)),
  );
  if (missing.length === 0) return;
  const apart = join(folder, 'packages'); // in the folder itself npm would install all that its package.json names
  mkdirSync(apart);
  writeFileSync(join(apart, 'package.json'), '{ "private": true }');
  const names = missing.map(([name, version]) => `${name}@${version}`);
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', ...names], { cwd: apart });
  renameSync(join(apart, 'node_modules'), join(folder, 'node_modules'));
}

/**
 * Builds a commit below the repository, where it finds the packages of today; those that are gone since are installed for it.
 * @returns its folder, with `dist`.
 */
export function buildCommit(root, commit, cache) {
  const folder = join(cache, `against-${commit.slice(0, 12)}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const sources = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  const archive = join(folder, 'sources.tar');
  run('git', ['archive', '--output', archive, commit, ...sources], { cwd: root });
  run('tar', ['-xf', archive, '-C', folder]);
  installMissing(root, folder);
  run(process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    join(folder, 'tsconfig.build.json'),
  ]);
  cpSync(join(root, 'dist', 'web'), join(folder, 'dist', 'web'), { recursive: true });
  return folder;
}

/** One row, `setting.runs` pairs. @param sides what is different: folders of builds (`app`), or how many `rules` there are */
export async function measurePairs(row, { before, now }, setting, say) {
  const { read, unit } = modes[row.load.mode];
  const pairs = [];
  const faults = [];
  for (let pair = 1; pair <= setting.runs; pair++) {
    const values = {};
    for (const [side, different] of pair % 2 === 1
      ? [
          ['before', before],
          ['now', now],
        ]
      : [
          ['now', now],
          ['before', before],
        ]) {
      const sample = await measureOnce(row, 'viaduct', { ...setting, ...different });
      for (const text of faultsOf(sample, row)) faults.push({ broker: side, run: pair, text });
      values[side] = read(sample);
    }
    pairs.push(values);
    say(`${row.name}, pair ${pair}: before ${formatValue(values.before)}, now ${formatValue(values.now)} ${unit}`);
  }
  return pairResult(row, pairs, faults);
}

/** @param pairs what was measured `before` and `now`, one after the other */
export function pairResult({ name, title, load }, pairs, faults) {
  const ratios = pairs.map(({ before, now }) => now / before);
  const of = (side) => summarize(pairs.map((pair) => pair[side]));
  const result = { name, title, unit: modes[load.mode].unit, faults, before: of('before'), now: of('now'), ratios };
  return { ...result, ratio: median(ratios), verdict: faults.length > 0 ? 'faulty' : verdictOf(ratios) };
}

/** By chance alone seven pairs agree once in 64 times. */
function verdictOf(ratios) {
  if (ratios.every((ratio) => ratio > 1)) return 'dearer in every pair';
  return ratios.every((ratio) => ratio < 1) ? 'cheaper in every pair' : 'no difference shown';
}

/** One line a row. */
export function formatPairs(results) {
  const lines = results.map(({ name, unit, before, now, ratio, ratios, verdict }) => [
    name,
    unit,
    formatValue(before.median),
    formatValue(now.median),
    ratio.toFixed(2),
    `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    verdict,
  ]);
  return formatColumns([['row', 'unit', 'before', 'now', 'ratio', 'of the pairs', 'verdict'], ...lines]);
}
