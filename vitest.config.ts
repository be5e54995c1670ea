import { defineConfig } from 'vitest/config';
import { patienceMs } from './test/support/patience.ts';
import { slowestFiles } from './test/support/slowest-files.ts';

/** What `patienceMs` ends is said where it was awaited; these only end a test that waits several times. */
const patience = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: patienceMs } } } as const;

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
  'test/integration/login-timing.test.ts',
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
          name: 'unit', // beside the code, and without I/O; the others start real programs on free ports
          include: ['src/**/*.test.ts', 'test/*.test.ts'],
          ...patience,
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
          ...patience,
          ...sideBySide,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: measuring,
          ...patience,
          ...sideBySide,
        },
      },
      {
        test: {
          name: 'measured',
          include: measuring,
          ...patience,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
