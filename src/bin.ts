#!/usr/bin/env node
import { nodeProblem } from './cli/node-version.ts';

const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  // only now: an old Node does not even understand what stands in there
  const { keepCompiled } = await import('./cli/compile-cache.ts');
  keepCompiled();
  const [{ processIo }, { runCli }] = await Promise.all([import('./cli/io.ts'), import('./cli/run.ts')]);
  // The reader of our output may leave early (`viaduct sub -t '#' | head -1`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  await runCli(process.argv.slice(2), processIo());
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
