// npm run attack: legal packets, many of them, against a broker. The code is under test/attack; --help tells the options.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeEnvironment } from '../bench/environment.mjs';
import { build, installPackages, requireNode, root } from './setup.mjs';

requireNode();
installPackages();
const cache = join(root, '.cache', 'attack');
mkdirSync(cache, { recursive: true });
const app = mkdtempSync(join(cache, 'app-'));
process.on('exit', () => rmSync(app, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

// esbuild is loaded here, because a fresh clone has it only now
const esbuild = await import('esbuild');
await esbuild.build({
  entryPoints: ['main', 'pair-process'].map((name) => join(root, 'test', 'attack', `${name}.ts`)),
  outdir: app,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
});
const { main } = await import(join(app, 'main.mjs'));

/** A copy below the repository, where it finds its packages: a build meanwhile changes nothing. */
function buildCopy() {
  build();
  for (const name of ['dist', 'package.json']) cpSync(join(root, name), join(app, name), { recursive: true });
  return join(app, 'dist', 'bin.js');
}

const deps = {
  build: buildCopy,
  pairProgram: join(app, 'pair-process.mjs'),
  environment: () => describeEnvironment(root),
};
process.exit(await main(process.argv.slice(2), deps));
