// npm run test:loaded: every test, three times in a row, beside two loops that keep two cores busy. What passes here does not
// wait for time, but for events. Arguments go to vitest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build, installPackages, installPrograms, requireNode, root, say } from './setup.mjs';

const rounds = 3;
const loops = 2;
/** Looks up now and then, and ends with this process, however that ends. */
const busyLoop = `const parent = process.ppid;
(function work() {
  for (const end = Date.now() + 200; Date.now() < end; );
  if (process.ppid === parent) setImmediate(work);
})();`;

requireNode();
installPackages();
installPrograms();
build();
for (let loop = 0; loop < loops; loop++)
  spawn(process.execPath, ['-e', busyLoop], { stdio: 'ignore' }).once('exit', () => {
    say('a busy loop ended, so that nothing was tested under load');
    process.exit(1);
  });
const args = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)];
let tests;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    tests?.kill(signal);
    process.exit(130);
  });
for (let round = 1; round <= rounds; round++) {
  say(`round ${round} of ${rounds}, beside ${loops} busy loops`);
  tests = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const [code] = await once(tests, 'exit');
  if (code === 0) continue;
  say(`round ${round} failed`);
  process.exit(1);
}
process.exit(0);
