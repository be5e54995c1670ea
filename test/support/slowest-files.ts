import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';
import { repository } from './program.ts';

const shown = 10;

/** Prints the files that took longest, once a run had more of them than it prints. */
export const slowestFiles: Reporter = {
  onTestRunEnd(modules) {
    if (modules.length <= shown) return;
    process.stdout.write(`\n${slowestLines(modules).join('\n')}\n`);
  },
};

function slowestLines(modules: readonly TestModule[]): readonly string[] {
  const taken = modules.map((module) => {
    const { collectDuration, setupDuration, duration } = module.diagnostic();
    return { file: relative(repository, module.moduleId), ms: collectDuration + setupDuration + duration };
  });
  const slowest = taken.toSorted((a, b) => b.ms - a.ms).slice(0, shown);
  return [
    `the slowest ${shown} of ${modules.length} files:`,
    ...slowest.map(({ file, ms }) => `${(ms / 1_000).toFixed(1).padStart(8)} s  ${file}`),
  ];
}
