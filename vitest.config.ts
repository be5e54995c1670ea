import { defineConfig } from 'vitest/config';

/** Unit tests stand beside the code and do no I/O; the others start real programs on free ports. */
const real = { testTimeout: 30_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    reporters: process.env['CI'] === 'true' ? ['default'] : ['default'],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts', 'src/admin/web/**'] },
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts', 'test/*.test.ts'], testTimeout: 10_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/protocol/**/*.test.ts'],
          ...real,
        },
      },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...real, testTimeout: 60_000 } },
    ],
  },
});
