import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHub } from '../contract/nats-hub.ts';
import { startNatsProcess } from '../contract/nats-process.ts';
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
