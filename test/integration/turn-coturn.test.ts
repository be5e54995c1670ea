import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { type Coturn, startCoturn } from '../support/coturn.ts';
import { repository } from '../support/program.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const run = promisify(execFile);
const page = readFileSync(join(repository, 'docs/signaling.md'), 'utf8');
const [, prepare = ''] = /```sh\n([\s\S]*?)```/.exec(page) ?? [];
const [, config = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
const [, coturnConfig = ''] = /```ini\n([\s\S]*?)```/.exec(page) ?? [];
const [, curl = ''] = /^(curl .*)$/m.exec(page) ?? [];
const [, uclient = ''] = /`(turnutils_uclient [^`]*)`/.exec(page) ?? [];

interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly ttl: number;
  readonly uris: readonly string[];
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let broker: TestBroker;
let coturn: Coturn;
const file = (name: string): string => join(directory.path, name);
const textOf = (name: string): string => readFileSync(file(name), 'utf8').trim();

/** The page's configuration, on free ports and with its files where they were made. */
const sections = (secrets: readonly object[] = [{ secret: { file: file('turn-secret') } }]): Record<string, object> => {
  const local = config.replace('127.0.0.1:8443', '127.0.0.1:0').replaceAll(/file: (turn-\w+)/g, `file: ${file('$1')}`);
  const { listeners, signaling } = parse(local) as { listeners: object[]; signaling: { turn: object } };
  return { listeners, signaling: { turn: { ...signaling.turn, secrets } } };
};

beforeAll(async () => {
  directory = await temporaryDirectory();
  await run('sh', ['-c', `${prepare}openssl rand -hex 32 > turn-next`], { cwd: directory.path });
  const secrets = `static-auth-secret=${textOf('turn-secret')}\nstatic-auth-secret=${textOf('turn-next')}`;
  coturn = await startCoturn(coturnConfig.replace('static-auth-secret=SECRET', secrets));
  broker = await startBroker(sections());
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await coturn[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** As the page asks. */
async function ask(more = ''): Promise<Credentials> {
  const command = curl
    .replace('certs/', `${broker.certificates}/`)
    .replace('localhost:8443', `localhost:${broker.port('web')}`);
  const { stdout } = await run('sh', ['-c', `${command} --silent --fail ${more}`], { cwd: directory.path });
  return JSON.parse(stdout) as Credentials;
}

/** Two clients allocate and send each other a message through the relay. @returns what came of it */
async function outcomeOf(username: string, password: string): Promise<string> {
  const [program = '', ...args] = uclient
    .replace('-p 3478', `-c -n 1 -p ${coturn.port}`)
    .replace('USERNAME', username)
    .replace('PASSWORD', password)
    .split(' ');
  const { code, stdout } = await runToEnd(program, args);
  if (code === 0 && stdout.includes('Total lost packets 0 ')) return 'relayed';
  return stdout.includes('Cannot complete Allocation') ? 'refused' : stdout;
}

const signed = (username: string): string =>
  createHmac('sha1', textOf('turn-secret')).update(username).digest('base64');

test('coturn relays for whoever has credentials that were asked for as docs/signaling.md says', async () => {
  const { username, password, ttl, uris } = await ask();
  expect(username).toMatch(/^\d{10}:ann$/);
  expect(ttl).toBe(3_600);
  expect(uris).toEqual(['turn:127.0.0.1:3478?transport=udp', 'turn:127.0.0.1:3478?transport=tcp']);
  expect(await outcomeOf(username, password)).toBe('relayed');
});

test.each(['--request POST', '--data service=turn'])('curl %s gets the same, as Janus does', async (more) => {
  const { username, password } = await ask(more);
  expect(password).toBe(signed(username));
});

test('coturn refuses a wrong password, another user with it, and credentials that have ended', async () => {
  const { username, password } = await ask();
  expect(await outcomeOf(username, `${password.slice(0, -2)}x=`)).toBe('refused');
  expect(await outcomeOf(username.replace('ann', 'bob'), password)).toBe('refused');
  const ended = `${Math.floor(Date.now() / 1_000) - 10}:ann`;
  expect(await outcomeOf(ended, signed(ended))).toBe('refused');
  const lasting = `${Math.floor(Date.now() / 1_000) + 60}:ann`;
  expect(await outcomeOf(lasting, signed(lasting))).toBe('relayed');
});

test('secrets rotate while both are known to coturn: what the old one signed counts, and the new one signs', async () => {
  const before = await ask();
  const next = { secret: { file: file('turn-next') }, from: new Date(Date.now() - 1_000).toISOString() };
  const both = [{ secret: { file: file('turn-secret') } }, next];
  expect(await broker.change(sections(both))).toMatch(/reloaded: .*signaling\.turn\.secrets/);
  const after = await ask();
  expect(before.password).toBe(signed(before.username));
  expect(after.password).not.toBe(signed(after.username));
  expect(await outcomeOf(before.username, before.password)).toBe('relayed');
  expect(await outcomeOf(after.username, after.password)).toBe('relayed');
});

test('no line of the log has a key, a secret, or a password', async () => {
  const { password } = await ask();
  const url = `https://localhost:${broker.port('web')}/turn/credentials?service=turn&key=guessed-by-somebody`;
  const { stdout } = await run('curl', ['--silent', '--cacert', broker.file('root-ca.pem'), url]);
  expect(stdout).toContain('The key is wrong');
  await broker.log.waitFor(/TURN credentials were refused to 127\.0\.0\.1/);
  const log = broker.log.text();
  for (const secret of [textOf('turn-key'), textOf('turn-secret'), password, 'guessed-by-somebody'])
    expect(log).not.toContain(secret);
});
