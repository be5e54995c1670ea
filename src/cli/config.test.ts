import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeIo } from '../../test/support/fake-io.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { runCli } from './run.ts';

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const io = fakeIo({ env });
  await runCli(args, io);
  return { out: io.out(), err: io.err(), code: io.exitCode() };
}

async function configFile(text: string) {
  const directory = await temporaryDirectory();
  const file = join(directory.path, 'v.yaml');
  await writeFile(file, text);
  return { file, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

test('config check of the defaults says they are fine', async () => {
  expect(await run(['config', 'check'])).toEqual({
    out: 'no file, defaults: ok, 3 listeners, 1 bridge rule, the embedded NATS hub\n',
    err: '',
    code: 0,
  });
});

test('config check says when clients may send what the hub does not take', async () => {
  await using fine = await configFile('limits: { packetSize: 1MiB }\n');
  expect((await run(['config', 'check', fine.file])).out).not.toContain('maxPayload');
  await using large = await configFile('limits: { packetSize: 2MiB }\n');
  expect((await run(['config', 'check', large.file])).out).toMatch(
    /: ok, .*limits\.packetSize \(2097152 bytes\) is more than nats\.hub\.maxPayload \(1048576\)/,
  );
});

test('config check says when rules with ack: nats have no outbox', async () => {
  const rules = 'bridge: { rules: [{ name: a, topic: "a/#", subject: "a.>", ack: nats }] }';
  await using kept = await configFile(`${rules}\n`);
  expect((await run(['config', 'check', kept.file])).out).not.toContain('outbox');
  await using lost = await configFile(`${rules}\nstore: { type: memory }\n`);
  expect(await run(['config', 'check', lost.file])).toMatchObject({
    out: expect.stringMatching(/: ok, .*; store\.type: memory has no outbox, so rules with ack: nats refuse messages/),
    err: '',
  });
});

test('config check lists all problems, counts them and says how to try again', async () => {
  await using config = await configFile('log: { level: loud }\nnode: 5\n');
  const { out, err, code } = await run(['config', 'check', config.file]);
  expect({ out, code }).toEqual({ out: '', code: 1 });
  expect(err.split('\n')).toEqual([
    `${config.file}:1:15  log.level: "loud" is not allowed; use debug, info, warn or error`,
    `${config.file}:2:7  node: expected string; got 5`,
    `2 problems, nothing was started. Try again with: config check ${config.file}`,
    '',
  ]);
});

test('config check --json prints problems as data', async () => {
  await using config = await configFile('log: { level: loud }\n');
  const { out, err, code } = await run(['config', 'check', '--json', '--config', config.file]);
  expect({ err, code }).toEqual({ err: '', code: 1 });
  expect(JSON.parse(out)).toEqual({
    ok: false,
    file: config.file,
    problems: [{ file: config.file, line: 1, column: 15, path: 'log.level', message: expect.any(String) }],
    warnings: [],
  });
});

test('a file that is not there is one clear message', async () => {
  const { err, code } = await run(['config', 'check', '/nowhere/v.yaml']);
  expect(code).toBe(1);
  expect(err).toBe(
    'the configuration file /nowhere/v.yaml cannot be read: there is no such file; give the path of a YAML file with --config, or leave it out for the defaults\n',
  );
});

test('a folder, or a file that is no text, is named as such', async () => {
  await using directory = await temporaryDirectory();
  expect((await run(['config', 'check', directory.path])).err).toContain('it is a folder');
  const file = join(directory.path, 'binary');
  await writeFile(file, Buffer.from([0xff, 0xfe, 0x00]));
  expect((await run(['config', 'check', file])).err).toContain('it is not UTF-8 text');
});

test('secrets that cannot be read are problems at the place that refers to them', async () => {
  await using config = await configFile(
    'nats:\n  servers: ["nats://a:4222"]\n  user: me\n  password: { file: /nowhere/pw }\n',
  );
  const { err, code } = await run(['config', 'check', config.file]);
  expect(code).toBe(1);
  expect(err).toContain(`${config.file}:4:13  nats.password: /nowhere/pw cannot be read: there is no such file\n`);
  expect((await run(['config', 'check', config.file], { VIADUCT_NATS_PASSWORD_ENV: 'PW', PW: 'x' })).code).toBe(0);
  expect((await run(['config', 'check', config.file], { VIADUCT_NATS_PASSWORD_ENV: 'PW' })).err).toContain(
    'VIADUCT_NATS_PASSWORD_ENV: the environment variable PW is not set; set it, or use { file: PATH }\n',
  );
});

test('VIADUCT_CONFIG names the file where --config does not', async () => {
  await using config = await configFile('node: from-file\n');
  const { out } = await run(['config', 'explain', 'node'], { VIADUCT_CONFIG: config.file });
  expect(out).toContain(`node: from-file\n    from ${config.file}:1:7; a change needs a restart\n`);
});

test('config explain shows value, origin and meaning of what stands below a path', async () => {
  const { out, code } = await run(['config', 'explain', 'log', '--set', 'log.level=warn'], {
    VIADUCT_LOG_FORMAT: 'json',
  });
  expect(code).toBe(0);
  expect(out).toContain('log.level: warn\n    from --set log.level; a change works at once\n    Least important line');
  expect(out).toContain('log.format: json\n    from VIADUCT_LOG_FORMAT;');
  expect(out).not.toContain('limits');
});

test('config explain --json prints an array', async () => {
  const { out } = await run(['config', 'explain', '--json', 'log.level']);
  expect(JSON.parse(out)).toMatchObject([{ path: 'log.level', value: 'info', origin: 'default' }]);
});

test('config explain of what is no setting suggests one', async () => {
  const { err, code } = await run(['config', 'explain', 'limts']);
  expect(code).toBe(2);
  expect(err).toBe('there is no setting "limts"; did you mean "limits"?\n');
});

test('config explain refuses a configuration with problems and lists them', async () => {
  const { err, code } = await run(['config', 'explain', '--set', 'log.level=loud']);
  expect(code).toBe(1);
  expect(err).toContain('--set log.level: "loud" is not allowed');
  expect(err).toContain('1 problem, nothing was started.');
});

test('config explain --group limits shows what bounds work and memory, by whom it bounds, and what one beyond it sees', async () => {
  const { out, err, code } = await run(['config', 'explain', '--group', 'limits'], {
    VIADUCT_LIMITS_PACKETSIZE: '2MiB',
  });
  expect({ err, code }).toEqual({ err: '', code: 0 });
  const headings = out.split('\n').filter((line) => /^[A-Z]/.test(line));
  expect(headings[0]).toBe('One packet or message');
  expect(headings.at(-1)).toBe('One node, all clients together');
  expect(out).toMatch(
    /^limits\.packetSize: 2MiB\n {4}from VIADUCT_LIMITS_PACKETSIZE; .*\n.*\n {4}why: .*\n {4}beyond it: .*0x95/m,
  );
  expect(out).toContain('    counted by connections_dropped_total{reason="max-pending"}\n');
  expect(out).not.toContain('log.level');
});

test('config explain --group limits takes a path and prints data', async () => {
  const { out, code } = await run(['config', 'explain', 'store.queue', '--group', 'limits', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toContainEqual(
    expect.objectContaining({
      path: 'store.queue.messages',
      value: '10000',
      limit: { bounds: 'session', why: expect.any(String), client: expect.any(String), metric: expect.any(String) },
    }),
  );
});

test('config explain names the groups where one is asked for that there is not', async () => {
  const { err, code } = await run(['config', 'explain', '--group', 'limit']);
  expect(code).toBe(2);
  expect(err).toMatch(/limits/);
});
