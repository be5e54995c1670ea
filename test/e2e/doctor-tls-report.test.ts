import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DoctoredBroker, doctorIn, doctorJsonIn, startDoctored } from '../support/doctor.ts';

const listeners = [
  { name: 'one-way', tls: 'one-way', accept: ['mqtt'] },
  { name: 'two-way', tls: 'two-way', accept: ['mqtt'] },
  { name: 'wss', tls: 'one-way', accept: ['websocket', 'http'] },
];

let doctored: DoctoredBroker;
beforeAll(async () => {
  doctored = await startDoctored(listeners);
});
afterAll(() => doctored[Symbol.asyncDispose]());

const doctor = (...args: string[]) => doctorIn(doctored.path, ...args);
const doctorJson = (...args: string[]) => doctorJsonIn(doctored.path, ...args);

test('the report is one line a listener where all is well, which names no file that is gone', async () => {
  const { out, code } = await doctor('--config', doctored.config);
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(listeners.length + 2);
  expect(lines).toContainEqual(
    expect.stringMatching(/^two-way {2}mqtts:\/\/127\.0\.0\.1:\d+ {2}two-way {2}\d+ ok, 1 not tried$/),
  );
  expect(lines.at(-1)).toEqual(expect.stringMatching(/^\d+ checks, all as expected; -v shows each$/));
  expect(out).not.toContain('viaduct-doctor-');
});

test('the report of -v is text with reasons and dates, and the files of the commands are there', async () => {
  const { out, code } = await doctor('--config', doctored.config, '-v');
  expect(code).toBe(0);
  expect(out).toMatch(/^two-way {2}mqtts:\/\/127\.0\.0\.1:\d+ {2}two-way$/m);
  expect(out).toMatch(/^ {2}ok {2}trusting the root +accepted: TLSv1\.3 TLS_\w+, CONNACK 0$/m);
  expect(out).toMatch(/^ {2}ok {2}server certificate +2 sent: CN=\S+, O=Viaduct is valid until 20\d\d-.* 36\d days;/m);
  expect(out).toMatch(/no client certificate +refused by the server: it requires a client certificate$/m);
  expect(out).toContain('HTTP 101');
  expect(out).toMatch(/\d+ checks, all as expected/);
  const [, folder = ''] = /stay until you remove them: (\S+viaduct-doctor-\w+)$/m.exec(out) ?? [];
  await using _kept = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  const named = new Set(out.match(/\/\S+\.(?:pem|key)/g));
  expect([...named].some((file) => file.startsWith(folder))).toBe(true);
  expect([...named].filter((file) => !existsSync(file))).toEqual([]);
});

test('the report as JSON has no command that names a file which is gone', async () => {
  const { report } = await doctorJson('--config', doctored.config);
  const commands = report.listeners.flatMap(({ checks }) => checks.flatMap(({ command }) => command ?? []));
  expect(commands.length).toBeGreaterThan(10);
  const named = commands.flatMap((command) => command.match(/\/\S+\.(?:pem|key)/g) ?? []);
  expect(named.filter((file) => !existsSync(file))).toEqual([]);
});
