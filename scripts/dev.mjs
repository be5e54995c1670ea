// npm run dev: builds and runs the broker, and does both again when a file below src is saved. What does not compile leaves the
// broker running as it is. Arguments go to the broker.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { build, installPackages, requireNode, root, say } from './setup.mjs';

/** Editors save in several steps. */
const settleMs = 100;

requireNode();
installPackages();
build();

const begin = (args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
const isDone = async (args) => (await once(begin(args), 'exit'))[0] === 0;
const compile = [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json', '--noEmitOnError'];
const startBroker = () => begin([join('dist', 'bin.js'), 'serve', ...process.argv.slice(2)]);
const hasEnded = ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null;

let isChanged = false;
const sources = watch(join(root, 'src'), { recursive: true }, () => {
  isChanged = true;
});
let broker = startBroker();

async function stopBroker() {
  if (hasEnded(broker)) return;
  broker.kill('SIGTERM');
  await once(broker, 'exit');
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stopBroker().then(() => process.exit(0)));

for (;;) {
  if (!isChanged) await once(sources, 'change');
  await wait(settleMs);
  isChanged = false;
  say('a file changed, building');
  if (!(await isDone(compile)) || !(await isDone([join('scripts', 'build-web.mjs')]))) continue;
  await stopBroker();
  broker = startBroker();
}
