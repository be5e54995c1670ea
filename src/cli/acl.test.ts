import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeIo } from '../../test/support/fake-io.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { runCli } from './run.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let file: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  file = join(directory.path, 'viaduct.yaml');
  const page = await readFile(join(import.meta.dirname, '../../docs/access-rules.md'), 'utf8');
  await writeFile(file, /```yaml\n(access:\n[\s\S]*?)```/.exec(page)?.[1] ?? '');
});
afterAll(() => directory[Symbol.asyncDispose]());

async function explain(...args: string[]) {
  const io = fakeIo();
  await runCli(['acl', 'explain', ...args, '--config', file], io);
  return { out: io.out(), err: io.err(), code: io.exitCode() };
}

test.each([
  [
    ['pump-north-7', 'publish', 'plants/north/up/7'],
    /^allowed .*\nby access\.rules\[1\] \(.*viaduct\.yaml:\d+:\d+\)\n/,
  ],
  [['pump-north-7', 'publish', 'plants/south/up/7'], /^denied .*\nno rule allows it\n/],
  [['pump-north-7', 'subscribe', 'plants/north/down/7/#'], /^allowed /],
  [['pump-north-7', 'subscribe', 'plants/north/#'], /^denied .*\nit would bring "plants\/north" as well/],
  [['olga', 'subscribe', 'plants/#'], /^allowed .*\nno rule denies any of it/],
  [['olga', 'subscribe', 'secret/+'], /^denied .*\nit would bring "secret\/x" as well.*\nby access\.rules\[0\]/],
  [['olga', 'publish', 'secret/x'], /^denied .*\nby access\.rules\[0\]/],
  [['bob', 'publish', 'users/bob/x'], /^allowed .*\nby access\.rules\[4\]/],
  [['bob', 'publish', 'users/bob/x', '--retain'], /not access\.rules\[4\] .*: it asks for another QoS or retain flag/],
  [['bob', 'publish', 'sites/a/b', '--claim', 'site=a'], /^allowed .*\nby access\.rules\[5\]/],
  [['nats', 'publish', 'signal/x', '--listener', 'nats'], /^allowed .*\nby access\.rules\[6\]/],
  [['bob', 'publish', 'signal/x'], /not access\.rules\[6\] .*: listener ".*" is not "nats"/],
])('acl explain %j', async (args, expected) => {
  const { out, err, code } = await explain(...args);
  expect([err, code]).toEqual(['', 0]);
  expect(out).toMatch(expected);
});

test('a wrong action or topic is a usage error', async () => {
  expect(await explain('bob', 'read', 'a')).toMatchObject({ code: 2, err: expect.stringContaining('no action') });
  expect(await explain('bob', 'publish', 'a/#')).toMatchObject({ code: 2 });
});

test('--json has the same', async () => {
  const { out } = await explain('olga', 'publish', 'secret/x', '--json');
  expect(JSON.parse(out)).toMatchObject({ isAllowed: false, decidedBy: 0, passedOver: [] });
});
