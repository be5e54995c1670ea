// npm run test:loaded: every test, three times in a row, beside two loops that keep two cores busy. What passes here does not
// wait for time, but for events. Arguments go to vitest.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, installPackages, installPrograms, requireNode, root, say } from './setup.mjs';

const rounds = 3;
const loops = 2;

requireNode();
installPackages();
installPrograms();
build();
const busy = Array.from({ length: loops }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
process.on('exit', () => busy.forEach((loop) => loop.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
const args = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)];
for (let round = 1; round <= rounds; round++) {
  say(`round ${round} of ${rounds}, beside ${loops} busy loops`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status === 0) continue;
  say(`round ${round} failed`);
  process.exit(1);
}
