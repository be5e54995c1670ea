// npm run test:node: what depends on Node most (TLS and the hooks into it, HTTP, passwords and tokens, the stores, the start) on
// every Node that the program supports, each brought as the pinned one is. Arguments are versions, e.g. 24; without any it is all
// of them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { knownMajors, readPins } from './node.mjs';
import { build, installPackages, installPrograms, requireNode, root, say } from './setup.mjs';

/** What vitest takes for parts of paths. */
const parts = [
  'src/auth/',
  'src/bridge/nats/',
  'src/http/',
  'src/kernel/time-limit',
  'src/transport/',
  'src/storage/',
  'src/cli/node-version',
  'test/integration/transport-',
  'test/integration/ocsp-stapling',
  'test/integration/pki-handshake',
  'test/integration/auth-',
  'test/integration/bridge-nats-',
  'test/integration/disk-',
  'test/integration/http-',
  'test/integration/memory-store',
  'test/integration/redis-store',
  'test/e2e/serve.test',
];

requireNode();
installPackages();
installPrograms();
build();
const vitest = join('node_modules', 'vitest', 'vitest.mjs');
const wanted = process.argv.length > 2 ? process.argv.slice(2) : knownMajors(readPins()).map(String);
const failed = wanted.filter((major) => {
  say(`Node ${major}`);
  const env = { ...process.env, VIADUCT_NODE: major };
  return (
    spawnSync('sh', [join('scripts', 'on-node.sh'), vitest, 'run', ...parts], { cwd: root, env, stdio: 'inherit' })
      .status !== 0
  );
});
if (failed.length > 0) {
  say(`tests failed on Node ${failed.join(', ')}`);
  process.exitCode = 1;
}
