import { defineConfig } from 'vitest/config';
import { slowestFiles } from './test/support/slowest-files.ts';

/** Unit tests stand beside the code and do no I/O; the others start real programs on free ports. */
const real = { testTimeout: 30_000, hookTimeout: 60_000 } as const;

/** What looks at time, memory or turns of the event loop has the machine for itself. */
const measuring = [
  'test/e2e/attack.test.ts',
  'test/e2e/bridge-ack-rate.test.ts',
  'test/e2e/bridge-burst.test.ts',
  'test/e2e/bridge-many-rules.test.ts',
  'test/e2e/http-flood.test.ts',
  'test/e2e/serve.test.ts',
  'test/e2e/storage-demanding-clients.test.ts',
  'test/e2e/subscription-attacks.test.ts',
  'test/integration/fair-turns.test.ts',
  'test/integration/growth.test.ts',
];

/** The others mostly wait for programs and sockets, so two files run at one time, however few processors there are. */
const sideBySide = { maxWorkers: 2, sequence: { groupOrder: 1 } } as const;

export default defineConfig({
  test: {
    reporters: ['default', slowestFiles],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts', 'src/admin/web/**'] },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 30_000,
          isolate: false, // they share nothing that they change, and loading everything anew takes longer than they do
          setupFiles: ['test/support/load-tls.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/protocol/**/*.test.ts'],
          exclude: measuring,
          ...real,
          ...sideBySide,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: measuring,
          ...real,
          testTimeout: 60_000,
          ...sideBySide,
        },
      },
      {
        test: {
          name: 'measured',
          include: measuring,
          ...real,
          testTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
