import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { testListeners } from '../support/broker.ts';
import { linkProgram } from '../support/installed.ts';
import { repository } from '../support/program.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const page = readFileSync(join(repository, 'docs', 'pki.md'), 'utf8');
const [, start = ''] = /^## From nothing [^\n]*\n([\s\S]*?)^## /m.exec(page) ?? [];
const commands = [...start.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));

test('the five commands of docs/pki.md take a newcomer from nothing to an enrolled device', async () => {
  expect(commands).toHaveLength(6);
  await using directory = await temporaryDirectory();
  const listeners = [
    ...testListeners.filter(({ name }) => name === 'mqtts-two-way'),
    { name: 'wss', bind: '127.0.0.1:0', tls: 'two-way-optional', accept: ['websocket', 'http'] },
  ];
  const nats = { hub: { bind: '127.0.0.1:0' } };
  const config = join(directory.path, 'test.yaml');
  await writeFile(config, stringify({ listeners, nats, store: { type: 'memory' } }));
  const options = { cwd: directory.path, ...(await linkProgram(join(directory.path, 'prefix'))) };
  let ports: readonly (readonly [string, string])[] = [];
  /** A command as it stands on the page, with the program of this repository and the ports of this test. */
  const adapted = (command = ''): readonly string[] => [
    '-c',
    ports.reduce(
      (line, [onPage, here]) => line.replace(onPage, here),
      command
        .replace('viaduct serve', `exec viaduct serve --config ${config}`)
        .replace(/^mosquitto_sub .*/, 'exec stdbuf -oL $& -d'),
    ),
  ];
  const run = async (command: string | undefined): Promise<void> =>
    expect(await runToEnd('sh', adapted(command), options), command).toMatchObject({ code: 0 });
  const [serve, token, enroll, subscribe, publish, renew] = commands;

  await using broker = runProgram('sh', adapted(serve), options);
  const ready = await broker.stdout.waitFor(/ ready:/);
  const portOf = (scheme: string): string => new RegExp(`${scheme}://[^ ]+?:(\\d+)`).exec(ready)?.[1] ?? '';
  ports = [
    ['8084', portOf('https')],
    ['8884', portOf('mqtts')],
  ];
  await run(token);
  await run(enroll);
  await using device = runProgram('sh', adapted(subscribe), options);
  await device.stdout.waitFor(/Subscribed/);
  await run(publish);
  await device.stdout.waitFor(/^plant\/pump-7 turning$/);
  await run(renew);
  await run(renew?.replace('--if-due ', ''));
  broker.process.kill('SIGTERM');
  expect(await broker.exited).toBe(0);
});
