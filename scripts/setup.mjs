// What both commands need: npm packages, a build, and for the tests Debian's programs. Prints what it does, asks nothing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.viaduct-installed');
const buildStampFile = join(root, 'dist', '.viaduct-built');

export const say = (text) => process.stderr.write(`viaduct: ${text}\n`);

/** Runs a program in the foreground; ends this process when it fails. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (status === 0) return;
  say(`${command} ${args.join(' ')} ${error ? `could not run: ${error.message}` : `failed (${signal ?? status})`}`);
  process.exit(typeof status === 'number' && status > 0 ? status : 1);
}

export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`Node ${process.versions.node} is too old; install Node 20.19 or later`);
  process.exit(1);
}

/** Installs the npm packages when package-lock.json changed since the last time. */
export function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock) return;
  say('installing npm packages');
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stampFile, lock);
}

function* filesUnder(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

function fingerprint() {
  const hash = createHash('sha256');
  const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) =>
    join(root, name),
  );
  for (const path of [...files, ...filesUnder(join(root, 'src')), join(root, 'scripts', 'build-web.mjs')]) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** Builds dist/ when a source file changed since the last time. */
export function build() {
  const sources = fingerprint();
  if (existsSync(buildStampFile) && readFileSync(buildStampFile, 'utf8') === sources) return;
  say('building');
  run(process.execPath, [join(root, 'scripts', 'build.mjs')]);
  mkdirSync(dirname(buildStampFile), { recursive: true });
  writeFileSync(buildStampFile, sources);
}

/** What the tests run against: a program or a header file, and Debian's package of each. */
const programs = new Map([
  ['nats-server', 'nats-server'],
  ['mosquitto', 'mosquitto'],
  ['mosquitto_pub', 'mosquitto-clients'],
  ['redis-server', 'redis-server'],
  ['nginx', 'nginx'],
  ['openssl', 'openssl'],
  ['chromium', 'chromium'],
  ['certutil', 'libnss3-tools'],
  ['keytool', 'default-jre-headless'],
  ['sslscan', 'sslscan'],
  ['testssl', 'testssl.sh'],
  ['haproxy', 'haproxy'],
  ['nginx', 'nginx'],
  ['/usr/lib/nginx/modules/ngx_stream_module.so', 'libnginx-mod-stream'],
  ['zsh', 'zsh'],
  ['turnserver', 'coturn'],
  ['cc', 'gcc'],
  ['/usr/include/stdio.h', 'libc6-dev'],
  ['/usr/include/nats/nats.h', 'libnats-dev'],
  ['/usr/bin/python3', 'python3'],
  ['/usr/lib/python3/dist-packages/paho/mqtt/client.py', 'python3-paho-mqtt'],
]);

function isInstalled(program) {
  if (program.startsWith('/')) return existsSync(program);
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs what is missing, as root on Debian; elsewhere it says what to install. */
export function installPrograms() {
  const missing = [...programs].filter(([program]) => !isInstalled(program)).map(([, packageName]) => packageName);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    say(
      `the tests run against programs that are not installed here; install them first: apt-get install ${missing.join(' ')}`,
    );
    process.exit(1);
  }
  say(`installing Debian packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-q'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
