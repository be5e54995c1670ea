// npm run check: format, lint, types, generated documents and unit tests; what a commit must hold.
import { join } from 'node:path';
import { build, installPackages, requireNode, root, run, say } from './setup.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);

export function checkSources() {
  say('checking format');
  run(bin('biome'), ['check', '--linter-enabled=false', '.']);
  say('linting');
  run(bin('oxlint'), ['--type-aware', '--deny-warnings']);
  say('checking types');
  run(bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']);
  run(bin('tsc'), ['--noEmit', '-p', 'src/admin/web/tsconfig.json']);
  say('checking generated documents');
  run(process.execPath, ['scripts/docs.mjs', '--check']);
}

if (process.argv[1] === import.meta.filename) {
  requireNode();
  installPackages();
  build();
  checkSources();
  run(bin('vitest'), ['run', '--project', 'unit']);
}
