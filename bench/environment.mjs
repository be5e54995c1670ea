// What the numbers depend on, kept with them, and the programs that must be there.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { run, say } from '../scripts/setup.mjs';

/** A program or a header file, and Debian's package of each. */
const needed = new Map([
  ['mosquitto', 'mosquitto'],
  ['nats-server', 'nats-server'],
  ['redis-server', 'redis-server'],
  ['taskset', 'util-linux'],
  ['g++', 'g++'],
  ['make', 'make'],
  ['/usr/include/openssl/ssl.h', 'libssl-dev'],
]);

const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
// Debian's brokers live where the PATH of a user need not lead.
process.env.PATH = directories.join(delimiter);

function isInstalled(program) {
  if (program.startsWith('/')) return existsSync(program);
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs what is missing, as root on Debian; elsewhere it says what to install. */
export function installTools() {
  const missing = [...needed].filter(([program]) => !isInstalled(program)).map(([, packageName]) => packageName);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    say(`the benchmark needs programs that are not installed here: apt-get install ${missing.join(' ')}`);
    process.exit(1);
  }
  say(`installing Debian packages: ${missing.join(' ')}`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  };
  run('apt-get', ['update', '-q'], options);
  run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], options);
}

/** First match in what a program prints; `unknown` where it cannot be run. */
function ask(command, args, pattern, cwd) {
  const { stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 10_000 });
  return pattern.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[1] ?? 'unknown';
}

function commitOf(root) {
  const commit = ask('git', ['rev-parse', '--short=12', 'HEAD'], /^([0-9a-f]{12})/, root);
  return ask('git', ['status', '--porcelain', '--untracked-files=no'], /^(..)/, root) === 'unknown'
    ? commit
    : `${commit}-changed`;
}

export function describeEnvironment(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return {
    date: new Date().toISOString(),
    version,
    commit: commitOf(root),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
    },
    versions: {
      node: process.versions.node,
      opensslOfNode: process.versions.openssl,
      mosquitto: ask('mosquitto', ['-h'], /^mosquitto version (\S+)/),
      redis: ask('redis-server', ['--version'], / v=(\S+)/),
      aedes: JSON.parse(readFileSync(join(root, 'node_modules', 'aedes', 'package.json'), 'utf8')).version,
      natsServer: ask('nats-server', ['--version'], /v(\d\S*)/),
      openssl: ask('openssl', ['version'], /^OpenSSL (\S+)/),
    },
  };
}
