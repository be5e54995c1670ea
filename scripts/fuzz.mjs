// npm run fuzz: broken and random packets against the built program. The code is under test/fuzz; --help tells the options.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, installPackages, requireNode, root } from './setup.mjs';

requireNode();
installPackages();
const cache = join(root, '.cache', 'fuzz');
mkdirSync(cache, { recursive: true });
const app = mkdtempSync(join(cache, 'app-'));
process.on('exit', () => rmSync(app, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

// esbuild is loaded here, because a fresh clone has it only now
const esbuild = await import('esbuild');
const bundle = join(app, 'fuzz.mjs');
await esbuild.build({
  entryPoints: [join(root, 'test', 'fuzz', 'main.ts')],
  outfile: bundle,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
});
const { main } = await import(bundle);

/** A copy below the repository, where it finds its packages: a build meanwhile changes nothing. */
function buildCopy() {
  build();
  for (const name of ['dist', 'package.json']) cpSync(join(root, name), join(app, name), { recursive: true });
  return join(app, 'dist', 'bin.js');
}

process.exit(await main(process.argv.slice(2), buildCopy));
