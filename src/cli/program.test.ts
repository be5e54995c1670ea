import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { fakeIo } from '../../test/support/fake-io.ts';
import { commands } from './commands.ts';
import { commandOf, exampleOf, examples } from './examples.ts';
import { buildProgram } from './program.ts';
import { runCli } from './run.ts';

async function run(...args: string[]) {
  const io = fakeIo();
  await runCli(args, io);
  return { out: io.out(), err: io.err(), code: io.exitCode() };
}

const helped = [
  [],
  ['serve'],
  ['config'],
  ['config', 'check'],
  ['config', 'explain'],
  ['pub'],
  ['sub'],
  ['topic'],
  ['doctor'],
  ['doctor', 'tls'],
  ['acl', 'explain'],
];

test.each(helped)('%s %s has --help', async (...command) => {
  const { out, err, code } = await run(...command.filter((word) => word !== undefined), '--help');
  expect(code).toBe(0);
  expect(err).toBe('');
  expect(out).toMatch(/^Usage: viaduct/);
});

test('every option and every command is explained', async () => {
  const program = await buildProgram(fakeIo());
  const unexplained = [...program.commands, ...program.commands.flatMap(({ commands }) => commands)].flatMap(
    (command) => [
      ...(command.description() === '' ? [command.name()] : []),
      ...command.options
        .filter(({ description }) => description === '')
        .map(({ flags }) => `${command.name()} ${flags}`),
    ],
  );
  expect(unexplained).toEqual([]);
});

test('--version prints the version', async () => {
  expect(await run('--version')).toEqual({ out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '', code: 0 });
});

test.each([
  [['serv'], "unknown command 'serv'", 'Did you mean serve?'],
  [['serv', '--help'], "unknown command 'serv'", 'Did you mean serve?'],
  [['config', 'chek', '--help'], "unknown command 'chek'", 'Did you mean check?'],
  [['nothing', '-h'], "unknown command 'nothing'", '--help explains the command'],
  [['completion', 'tcsh'], "value 'tcsh' is invalid", 'Allowed choices are bash, zsh'],
  [['config', 'chek'], "unknown command 'chek'", 'Did you mean check?'],
  [['--confgi', 'x'], "unknown option '--confgi'", 'Did you mean --config?'],
  [['pub', '-t', 'a', '--mesage', 'x'], "unknown option '--mesage'", 'Did you mean --message?'],
  [['config', 'check', 'a', 'b'], 'too many arguments', '--help explains the command'],
  [['pub'], "required option '-t, --topic <topic>' not specified", '--help explains the command'],
  [['pub', '-t', 'a', '-m', 'b', '-q', '3'], "argument '3' is invalid", 'Allowed choices are 0, 1, 2'],
  [['sub', '-t', 'a', '-C', '0'], "argument '0' is invalid", 'Give a number from 1'],
])('%j is refused with advice and exit code 2', async (args, problem, advice) => {
  const { out, err, code } = await run(...args);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toContain(problem);
  expect(err).toContain(advice);
});

test.each([
  [['pub', '-t', 'a/+', '-m', 'x'], '--topic: "a/+" cannot be published on: '],
  [['pub', '-t', 'a'], 'give the payload once: with --message, --file or --stdin'],
  [['pub', '-t', 'a', '-m', 'x', '--stdin'], 'give the payload once'],
  [['pub', '-t', 'a', '-m', 'x', '--url', 'nowhere'], '--url: "nowhere" is not a URL'],
  [['pub', '-t', 'a', '-m', 'x', '--url', 'http://a'], '--url: "http://a" is not for MQTT'],
  [['pub', '-t', 'a', '-m', 'x', '--url', 'mqtt://u:hunter2@a'], 'leave user and password out of it'],
  [['pub', '-t', 'a', '-m', 'x', '--cert', 'c.pem'], '--cert and --key go together'],
  [['pub', '-t', 'a', '-m', 'x', '--ca', 'none.pem'], '--ca: /nowhere/none.pem cannot be read: there is no such file'],
  [['pub', '-t', 'a', '--file', 'none.bin'], '--file: /nowhere/none.bin cannot be read: there is no such file'],
  [['pub', '-t', 'a', '-m', 'x', '-V', '3.1.1', '--content-type', 'text/plain'], 'MQTT 3.1.1 has no properties'],
  [['pub', '-t', 'a', '-m', 'x', '--user-property', 'novalue'], '"novalue" is not name=value'],
  [['pub', '-t', 'a', '-m', 'x', '--expiry', '1.5s'], 'MQTT counts whole seconds'],
  [['pub', '-t', 'a', '-m', 'x', '-P', 'a', '--password-file', 'b'], 'exclude each other'],
  [
    ['pub', '-h', 'example.com', '-t', 'a', '-m', 'x'],
    'name the broker with --url, e.g. --url mqtts://example.com:8883',
  ],
  [['sub', '-t', 'a/#/b'], '--topic: "a/#/b" is no topic filter: '],
  [['sub', '-t', 'a', '--timeout', 'soon'], '--timeout: "soon" is not a duration'],
  [['topic'], 'give a topic, or --subject and a subject'],
  [['topic', 'a', '--subject', 'b'], 'give a topic, or --subject and a subject'],
])('%j is refused in one line', async (args, problem) => {
  const { out, err, code } = await run(...args);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toContain(problem);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect(err).not.toContain('hunter2');
});

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

test('the help of each command that does something ends with an example, and each example is one', async () => {
  const found = leaves(await buildProgram(fakeIo()));
  expect(found.filter((command) => exampleOf(command) === undefined).map((command) => command.name())).toEqual([]);
  expect(examples).toHaveLength(found.length);
  const { out } = await run('topic', '--help');
  expect(out).toMatch(/\nExample: viaduct topic \S+.*\n$/);
});

test.each(examples)('%s is understood', async (line) => {
  const program = await buildProgram(fakeIo());
  const command = commandOf(program, line);
  const words = [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
  let parsed = 0;
  command?.action(() => void (parsed += 1));
  await program.parseAsync(words.slice(1), { from: 'user' });
  expect(parsed).toBe(1);
});

test('a command is loaded without the others, and its help is the same', async () => {
  const all = await buildProgram(fakeIo());
  for (const name of commands.keys()) {
    const alone = await buildProgram(fakeIo(), [name]);
    expect(alone.commands.map((command) => command.name())).toEqual([name]);
    expect(alone.commands[0]?.helpInformation()).toBe(
      all.commands.find((command) => command.name() === name)?.helpInformation(),
    );
  }
});

test('version says what runs, for people and as JSON', async () => {
  const { node, openssl } = process.versions;
  expect((await run('version')).out).toMatch(/^viaduct \d+\.\d+\.\d+ on Node \S+ with OpenSSL \S+, \S+\n$/);
  expect(JSON.parse((await run('version', '--json')).out)).toMatchObject({ node, openssl });
});
