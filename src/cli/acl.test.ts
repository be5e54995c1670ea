import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeIo } from '../../test/support/fake-io.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { testPki } from '../../test/support/test-pki.ts';
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

const explain = (...args: string[]) => explainIn(file, ...args);

async function explainIn(config: string, ...args: string[]) {
  const io = fakeIo();
  await runCli(['acl', 'explain', ...args, '--config', config], io);
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
  [
    ['bob', 'publish', 'users/bob/x', '--listener', 'hub'],
    /^denied .*\nno rule allows it\n.*: it does not name the listener hub/,
  ],
])('acl explain %j', async (args, expected) => {
  const { out, err, code } = await explain(...args);
  expect([err, code]).toEqual(['', 0]);
  expect(out).toMatch(expected);
});

test('--certificate explains rules about certificates, their issuer included', async () => {
  await using pki = await testPki();
  const { cert } = await pki.client({ cn: 'pump-7' });
  const issuer = String(new X509Certificate(cert).toLegacyObject().issuer.CN);
  const certificate = await pki.file('pump.pem', cert);
  const rules = `access:
  rules:
    - { allow: publish, certificate: { issuer: 'CN=Other CA' }, topics: ['a/\${cert.cn}'] }
    - { allow: publish, certificate: { cn: pump-7, issuer: 'CN=${issuer}, O=Viaduct' }, topics: ['a/\${cert.cn}'] }
`;
  const config = await pki.file('rules.yaml', rules);
  const ask = (...more: string[]) => explainIn(config, 'bob', 'publish', 'a/pump-7', ...more);
  expect(await ask('--certificate', certificate)).toMatchObject({
    err: '',
    out: expect.stringMatching(
      /^allowed .*\nby access\.rules\[1\] .*\n {4}not access\.rules\[0\] .*certificate\.issuer is not/,
    ),
  });
  expect((await ask()).out).toMatch(/^denied /);
  expect(await ask('--certificate', config)).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no certificate that can be read'),
  });
});

test('where no rule decides it says who is asked, and where one does it does not', async () => {
  const config = join(directory.path, 'asks.yaml');
  await writeFile(join(directory.path, 'passwords'), '');
  const page = await readFile(join(import.meta.dirname, '../../docs/access-rules.md'), 'utf8');
  const example = page.split('\n## Services that are asked\n')[1] ?? '';
  const text = /```yaml\n([\s\S]*?)```/.exec(example)?.[1] ?? '';
  await writeFile(config, text.replace('./passwords', join(directory.path, 'passwords')));
  for (const [args, said] of [
    [
      ['bob', 'publish', 'a'],
      /^asked  user "bob" publish "a"\nno rule decides, so access\.http\.authorize, and then access\.nats\.authorize is asked/,
    ],
    [
      ['bob', 'subscribe', 'a/#'],
      /^asked  .*\nit would bring "a" as well, which no rule speaks of\nno rule decides, so access\.http/,
    ],
    [['bob', 'publish', 'users/bob/x'], /^allowed .*\nby access\.rules\[1\]/],
    [['bob', 'subscribe', 'users/bob/+'], /^allowed /],
    [['bob', 'publish', 'secret/x'], /^denied .*\nby access\.rules\[0\]/],
    [
      ['bob', 'subscribe', '#'],
      /^denied .*\nit would bring "secret.*" as well, which is not allowed\nby access\.rules\[0\]/,
    ],
    [['bob', 'receive', 'a'], /^allowed /],
  ] as const) {
    const { out, err } = await explainIn(config, ...args);
    expect(err).toBe('');
    expect(out).toMatch(said);
  }
  const { out } = await explainIn(config, 'bob', 'publish', 'a', '--json');
  expect(JSON.parse(out)).toMatchObject({ isAllowed: false, asks: ['access.http.authorize', 'access.nats.authorize'] });
});

test('a rule that names the hub alone is passed over for everybody else', async () => {
  const ofHub = join(directory.path, 'hub.yaml');
  await writeFile(
    ofHub,
    JSON.stringify({
      nats: { hub: { authentication: ['certificate'], tls: 'two-way' } },
      access: { rules: [{ allow: 'all', listener: 'hub', topics: ['a/#'] }, { allow: 'all' }] },
    }),
  );
  const verdict = async (...args: string[]) => {
    const io = fakeIo();
    await runCli(['acl', 'explain', 'bob', 'subscribe', ...args, '--config', ofHub], io);
    return io.out();
  };
  expect(await verdict('a/#', '--listener', 'hub')).toMatch(/^allowed /);
  expect(await verdict('#', '--listener', 'hub')).toMatch(/^denied .*\nit would bring "x" as well/);
  expect(await verdict('b')).toMatch(/by access\.rules\[1\].*\n.*rules\[0\].*: it is about the listener hub alone/);
});

test('a wrong action or topic is a usage error', async () => {
  expect(await explain('bob', 'read', 'a')).toMatchObject({ code: 2, err: expect.stringContaining('no action') });
  expect(await explain('bob', 'publish', 'a/#')).toMatchObject({ code: 2 });
});

test('--json has the same', async () => {
  const { out } = await explain('olga', 'publish', 'secret/x', '--json');
  expect(JSON.parse(out)).toMatchObject({ isAllowed: false, decidedBy: 0, passedOver: [] });
});
