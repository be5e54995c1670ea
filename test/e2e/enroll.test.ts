import { X509Certificate } from 'node:crypto';
import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runCli } from '../../src/cli/run.ts';
import { fakeIo } from '../support/fake-io.ts';
import { mosquittoPublish } from '../support/mosquitto-publish.ts';
import { portOf, startViaduct, viaduct } from '../support/program.ts';
import { type RunningProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let directory: AsyncDisposable & { readonly path: string };
let broker: RunningProgram;
let https: number;
let oneWay: number;
let plain: number;
let twoWay: number;
const at = (...names: string[]): string => join(directory.path, ...names);

beforeAll(async () => {
  directory = await temporaryDirectory();
  const listener = (name: string, tls: string, accept: string) => ({
    name,
    bind: '127.0.0.1:0',
    tls,
    accept: [accept],
  });
  const config = {
    listeners: [
      listener('two-way', 'two-way', 'mqtt'),
      listener('https', 'two-way-optional', 'http'),
      listener('https-one-way', 'one-way', 'http'),
      listener('plain', 'off', 'http'),
    ],
    nats: { hub: { bind: '127.0.0.1:0' } },
    store: { type: 'memory' },
    log: { level: 'info', format: 'json' },
  };
  await writeFile(at('viaduct.yaml'), stringify(config));
  broker = startViaduct(['serve', '--config', 'viaduct.yaml'], { cwd: directory.path });
  const ready = await broker.stdout.waitFor(/ ready:/);
  twoWay = portOf(ready, 'mqtts');
  [https = 0, oneWay = 0] = Array.from(ready.matchAll(/https:\/\/[^ ]+?:(\d+)/g), ([, port]) => Number(port));
  plain = portOf(ready, 'http');
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** Runs a command in this process, which saves its start. */
async function pki(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const io = fakeIo({ cwd: directory.path });
  await runCli(['pki', ...args], io);
  return { code: io.exitCode(), stdout: io.out(), stderr: io.err() };
}
const newToken = async (name: string, ...more: string[]): Promise<string> => {
  const { stdout, code } = await pki('token', 'create', '--for', name, '--json', ...more);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { token: string }).token;
};
const enrollOptions = (name: string): string[] => [
  'enroll',
  '--server',
  `https://localhost:${https}`,
  '--name',
  name,
  '--out',
  'device',
];
const enroll = (name: string, ...more: string[]) => pki(...enrollOptions(name), ...more);
const serialOf = async (file: string): Promise<string> =>
  new X509Certificate(await readFile(at('device', file))).serialNumber;
const publish = (name: string) =>
  mosquittoPublish(twoWay, {
    ca: at('device', 'ca-chain.pem'),
    cert: at('device', `${name}.pem`),
    key: at('device', `${name}.key`),
  });
const curl = (port: number, operation: string, ...more: string[]) => {
  const url = `${port === plain ? 'http' : 'https'}://localhost:${port}/.well-known/est/${operation}`;
  return runToEnd('curl', ['-sS', '-w', '\n%{http_code}', '--cacert', at('certs', 'root-ca.pem'), ...more, url]);
};
/** Makes a request as a device without our program would. @returns the options that have curl send it. */
async function opensslRequest(name: string): Promise<string[]> {
  const [key, der, body] = [at(`${name}.key`), at(`${name}.der`), at(`${name}.b64`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key];
  await runToEnd('openssl', ['req', '-new', ...curve, '-subj', `/CN=${name}`, '-outform', 'der', '-out', der]);
  await writeFile(body, (await readFile(der)).toString('base64'));
  return ['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${body}`];
}

describe('viaduct pki', () => {
  test('enrolls a device in one command, mosquitto connects with it, and renews it in another', async () => {
    const token = await newToken('pump-*');
    await writeFile(at('token'), `${token}\n`, { mode: 0o600 });
    const built = (...more: string[]) => viaduct(['pki', ...enrollOptions('pump-7'), ...more], { cwd: directory.path });
    const enrolled = await built('--token-file', 'token', '--ca', 'certs/root-ca.pem', '--json');
    expect(enrolled.code, enrolled.stderr).toBe(0);
    expect(JSON.parse(enrolled.stdout)).toMatchObject({ isNew: true, subject: 'CN=pump-7, O=Viaduct' });
    expect((await readdir(at('device'))).sort()).toEqual(['ca-chain.pem', 'pump-7.key', 'pump-7.pem']);
    for (const file of ['pump-7.key', 'pump-7.pem'])
      expect((await stat(at('device', file))).mode & 0o777, file).toBe(0o600);
    expect((await publish('pump-7')).code).toBe(0);
    const first = await serialOf('pump-7.pem');

    const early = await enroll('pump-7', '--renew', '--if-due');
    expect([early.code, early.stdout]).toEqual([0, expect.stringContaining('not due yet')]);
    const renewed = await built('--renew');
    expect(renewed.code, renewed.stderr).toBe(0);
    expect(await serialOf('pump-7.pem')).not.toBe(first);
    expect(await serialOf('pump-7.old.pem')).toBe(first);
    expect((await publish('pump-7')).code).toBe(0);
    const { stdout } = await pki('list', '--subject', 'pump-7', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ certificates: [{ state: 'replaced' }, { state: 'valid' }] });

    const again = await enroll('pump-7', '--token', token, '--ca', 'certs/root-ca.pem');
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('nothing is overwritten')]);
  });

  test('lists and revokes tokens, and never shows one again', async () => {
    const token = await newToken('pump-8', '--expires', '2h');
    const id = token.slice(0, 8);
    expect((await pki('token', 'revoke', id)).stdout).toContain(`token ${id} counts no longer`);
    const listed = await pki('token', 'list', '--json');
    expect(listed.stdout).not.toContain(token.slice(9));
    expect(JSON.parse(listed.stdout).tokens).toContainEqual(
      expect.objectContaining({ id, state: 'revoked', for: 'pump-8' }),
    );
    expect((await pki('token', 'list')).stdout).toMatch(new RegExp(`${id} +revoked`));
    const refused = await enroll('pump-8', '--token', token, '--ca', 'certs/root-ca.pem');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/refused \(401\): Token .* was revoked on/),
    ]);
    expect((await readdir(at('device'))).filter((name) => name.startsWith('pump-8'))).toEqual([]);
    expect((await pki('token', 'revoke', 'ffffffff')).stderr).toContain('there is no token ffffffff');
    expect((await pki('token', 'create', '--for', 'a', '--expires', '2y')).code).toBe(2);
  });

  test('trusts nobody but the CA that it was given, and keeps the old certificate when renewing fails', async () => {
    await enroll('pump-6', '--token', await newToken('pump-6'), '--ca', 'certs/root-ca.pem');
    const first = await serialOf('pump-6.pem');
    const distrustful = await enroll('pump-6', '--renew', '--ca', 'certs/client-demo.pem');
    expect([distrustful.code, distrustful.stderr]).toEqual([
      1,
      expect.stringContaining('give the root of its CA with --ca'),
    ]);
    const { code, stderr } = await pki(
      'enroll',
      '--renew',
      '--name',
      'pump-6',
      '--out',
      'device',
      '--server',
      `https://localhost:${oneWay}`,
    );
    expect([code, stderr]).toEqual([1, expect.stringMatching(/refused \(401\): A certificate is renewed with itself/)]);
    expect(await serialOf('pump-6.pem')).toBe(first);
    expect((await publish('pump-6')).code).toBe(0);
  });

  test('completes a renewal that was cut off between its two files', async () => {
    await enroll('pump-5', '--token', await newToken('pump-5'), '--ca', 'certs/root-ca.pem');
    const before = await readFile(at('device', 'pump-5.pem'));
    await enroll('pump-5', '--renew');
    const next = await serialOf('pump-5.pem');
    await rename(at('device', 'pump-5.pem'), at('device', 'pump-5.next.pem'));
    await writeFile(at('device', 'pump-5.pem'), before);
    expect((await enroll('pump-5', '--renew', '--if-due')).stdout).toContain('not due yet');
    expect(await serialOf('pump-5.pem')).toBe(next);
    await copyFile(at('device', 'pump-5.old.key'), at('device', 'pump-5.key'));
    const wrong = await enroll('pump-5', '--renew');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('is not the key of')]);
    await rm(at('device', 'pump-5.pem'));
    expect((await enroll('pump-5', '--renew')).stderr).toContain('enroll with a token first');
  });
});

describe('curl', () => {
  const pkcs7 = (body: string, ...options: string[]) =>
    runToEnd('openssl', ['pkcs7', '-inform', 'der', '-print_certs', ...options], {
      input: Buffer.from(body, 'base64'),
    });
  const split = ({ stdout }: { stdout: string }): { body: string; status: string } => ({
    body: stdout.slice(0, stdout.lastIndexOf('\n')),
    status: stdout.slice(stdout.lastIndexOf('\n') + 1),
  });

  test('reads the CAs, enrolls with a token and re-enrolls with the certificate (RFC 7030)', async () => {
    const authorities = split(await curl(https, 'cacerts'));
    expect((await pkcs7(authorities.body, '-noout')).stdout).toMatch(
      /Root CA[^]*Intermediate CA|Intermediate CA[^]*Root CA/,
    );
    const request = await opensslRequest('valve-1');
    const token = await newToken('valve-1');
    const enrolled = split(await curl(https, 'simpleenroll', '-u', `valve-1:${token}`, ...request));
    expect(enrolled.status).toBe('200');
    const { stdout: pem } = await pkcs7(enrolled.body);
    expect(pem).toContain('subject=O = Viaduct, CN = valve-1');
    await writeFile(at('valve-1.pem'), pem);
    const identity = ['--cert', at('valve-1.pem'), '--key', at('valve-1.key')];
    const again = split(await curl(https, 'simplereenroll', ...identity, ...request));
    expect(again.status).toBe('200');
    expect((await pkcs7(again.body)).stdout).toContain('CN = valve-1');
    const other = split(await curl(https, 'simplereenroll', ...identity, ...(await opensslRequest('valve-2'))));
    expect([other.status, other.body]).toEqual([
      '403',
      expect.stringContaining('must have the names of the certificate'),
    ]);
    const replayed = split(await curl(https, 'simpleenroll', '-u', `valve-1:${token}`, ...request));
    expect([replayed.status, replayed.body]).toEqual(['401', expect.stringContaining('counts once')]);
  });

  test('is refused without TLS, with a body that is too large or of another type, or by another method', async () => {
    const request = await opensslRequest('valve-3');
    const token = ['-u', `valve-3:${await newToken('valve-3')}`];
    expect(split(await curl(plain, 'simpleenroll', ...token, ...request)).status).toBe('403');
    await writeFile(at('large'), Buffer.alloc(3_000_000, 'A'));
    const large = ['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${at('large')}`];
    expect(split(await curl(https, 'simpleenroll', ...token, ...large)).status).toBe('413');
    const typed = ['-H', 'Content-Type: text/plain', ...request.slice(2)];
    expect(split(await curl(https, 'simpleenroll', ...token, ...typed)).status).toBe('415');
    expect(split(await curl(https, 'simpleenroll', ...token)).status).toBe('405');
    expect(split(await curl(https, 'simpleenroll', ...request)).status).toBe('401');
    expect(split(await curl(https, 'simpleenroll', ...token, ...request)).status).toBe('200');
  });

  test('gets nothing with a certificate that was revoked', async () => {
    const request = await opensslRequest('valve-4');
    const token = await newToken('valve-4');
    const { body } = split(await curl(oneWay, 'simpleenroll', '-H', `Authorization: Bearer ${token}`, ...request));
    await writeFile(at('valve-4.pem'), (await pkcs7(body)).stdout);
    expect((await pki('revoke', at('valve-4.pem'))).code).toBe(0);
    await broker.stderr.waitFor(/certificates read again/);
    const identity = ['--cert', at('valve-4.pem'), '--key', at('valve-4.key')];
    const { code, stdout } = await curl(https, 'simplereenroll', ...identity, ...request);
    expect(code === 0 ? stdout : 'refused by TLS').toMatch(/refused by TLS|was revoked/);
  });
});
