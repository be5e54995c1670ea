// npm start: installs and builds what is missing or out of date, then runs the broker in this process.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, installPackages, requireNode, root } from './setup.mjs';

requireNode();
installPackages();
build();
const program = join(root, 'dist', 'bin.js');
process.argv = [process.execPath, program, 'serve', ...process.argv.slice(2)];
await import(pathToFileURL(program).href);
