// npm run dev: the broker on the sources as they are now; a change is built and the broker started again with it. A change that
// does not compile leaves it running. Arguments go to the broker.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, installPackages, requireNode, root, say } from './setup.mjs';

requireNode();
installPackages();
build();

const begin = (args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const programs = [
  begin([tsc, '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput', '--noEmitOnError']),
  begin(['--watch-path=src/admin/web', '--watch-preserve-output', join('scripts', 'build-web.mjs')]),
  begin([
    '--watch',
    '--watch-path=dist',
    '--watch-preserve-output',
    join('dist', 'bin.js'),
    'serve',
    ...process.argv.slice(2),
  ]),
];
const stop = () => programs.forEach((program) => program.kill('SIGTERM'));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
for (const program of programs) program.once('exit', stop);
say('the broker starts again whenever a file below src is saved');
