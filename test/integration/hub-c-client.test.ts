import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHub } from '../contract/nats-hub.ts';
import { startNatsProcess } from '../contract/nats-process.ts';
import { passwordLine, startGuardedHub } from '../support/guarded-hub.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { repository } from '../support/program.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let program: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  program = join(directory.path, 'client');
  const source = join(repository, 'test/support/nats-c/client.c');
  const { code, stderr } = await runToEnd('cc', ['-Wall', '-Werror', '-o', program, source, '-lnats']);
  if (code !== 0) throw new Error(`the C client needs a compiler and libnats-dev: ${stderr}`);
});
afterAll(() => directory[Symbol.asyncDispose]());

const story = [
  'connected, largest payload 1048576',
  'c.a.b: hello, green',
  'reply: pong',
  'nobody: No responders available for request',
  'jobs: 2',
];

test.each([
  { name: 'the embedded hub', start: () => startHub() },
  { name: 'nats-server', start: () => startNatsProcess() },
])('a client on the official C library works with $name', async ({ start }) => {
  await using server = await start();
  const { code, stdout } = await runToEnd(program, [server.url]);
  expect(stdout.trimEnd().split('\n')).toEqual(story);
  expect(code).toBe(0);
});

test.each([
  {
    name: 'the embedded hub',
    start: async () => {
      const world = await startGuardedHub([]);
      await appendFile(world.passwords, await passwordLine('ann', 'pw'));
      await world.broker.log.waitFor(/1 user\b/);
      return world;
    },
  },
  {
    name: 'nats-server',
    start: () => startNatsServer({ config: 'authorization { user: ann, password: pw }' }),
  },
])('a client on the official C library logs in to $name, and is told where it may not', async ({ start }) => {
  await using server = await start();
  const as = (login: string) => runToEnd(program, [`nats://${login}127.0.0.1:${server.port}`]);
  expect((await as('ann:pw@')).stdout.trimEnd().split('\n')).toEqual(story);
  for (const login of ['', 'ann:x@', 'eve:pw@']) {
    const { code, stdout } = await as(login);
    expect(code).not.toBe(0);
    expect(stdout).toBe('connect: Authentication Violation\n');
  }
});
