// npm run fuzz: broken and random packets against the built program. The code is under test/fuzz; --help tells the options.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, installPackages, requireNode, root } from './setup.mjs';

requireNode();
installPackages();
build();
const cache = join(root, '.cache', 'fuzz');
mkdirSync(cache, { recursive: true });
// A copy below the repository, where it finds its packages: a build meanwhile changes nothing.
const app = mkdtempSync(join(cache, 'app-'));
const remove = () => rmSync(app, { recursive: true, force: true });
process.on('exit', remove);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
for (const name of ['dist', 'package.json']) cpSync(join(root, name), join(app, name), { recursive: true });

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
process.exit(await main(process.argv.slice(2), join(app, 'dist', 'bin.js')));
