// npm test: sets everything up, checks the sources and runs all tests. Arguments go to vitest and skip the checks.
import { join } from 'node:path';
import { checkSources } from './check.mjs';
import { build, installPackages, installPrograms, requireNode, root, run, say } from './setup.mjs';

const args = process.argv.slice(2);
requireNode();
installPackages();
installPrograms();
build();
if (args.length === 0) checkSources();
say('running the tests');
run(join(root, 'node_modules', '.bin', 'vitest'), ['run', ...args]);
