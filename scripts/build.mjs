// npm run build: dist/ from src/, the program by tsc and the console page by esbuild.
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './setup.mjs';

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
rmSync(join(root, 'dist'), { recursive: true, force: true });
run(process.execPath, [tsc, '-p', 'tsconfig.build.json']);
chmodSync(join(root, 'dist', 'bin.js'), 0o755);
run(process.execPath, [join(root, 'scripts', 'build-web.mjs')]);
