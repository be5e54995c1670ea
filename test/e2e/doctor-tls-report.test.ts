import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { doctorIn, doctorJsonIn } from '../support/doctor.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const listeners = [
  { name: 'one-way', tls: 'one-way', accept: ['mqtt'] },
  { name: 'two-way', tls: 'two-way', accept: ['mqtt'] },
  { name: 'wss', tls: 'one-way', accept: ['websocket', 'http'] },
];

let broker: TestBroker;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let config: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  broker = await startBroker({ listeners: listeners.map((one) => ({ ...one, bind: '127.0.0.1:0' })) });
  config = join(directory.path, 'viaduct.yaml');
  const bound = listeners.map((one) => ({ ...one, bind: `127.0.0.1:${broker.port(one.name)}` }));
  await writeFile(config, stringify({ listeners: bound, certificates: { directory: broker.certificates } }));
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const doctor = (...args: string[]) => doctorIn(directory.path, ...args);
const doctorJson = (...args: string[]) => doctorJsonIn(directory.path, ...args);

test('the report is one line a listener where all is well, which names no file that is gone', async () => {
  const { out, code } = await doctor('--config', config);
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
  const { out, code } = await doctor('--config', config, '-v');
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
  const { report } = await doctorJson('--config', config);
  const commands = report.listeners.flatMap(({ checks }) => checks.flatMap(({ command }) => command ?? []));
  expect(commands.length).toBeGreaterThan(10);
  const named = commands.flatMap((command) => command.match(/\/\S+\.(?:pem|key)/g) ?? []);
  expect(named.filter((file) => !existsSync(file))).toEqual([]);
});
