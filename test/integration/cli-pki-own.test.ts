import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { type PkiCommands, pkiCommands } from '../support/cli.ts';
import { openssl } from '../support/openssl.ts';
import { type OpensslChain, opensslChain } from '../support/openssl-chain.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

// "Your own CA, or your own certificates" of docs/pki.md: what somebody else made, put into an empty folder.

const temporaries: AsyncDisposable[] = [];
let at: (...names: string[]) => string;
let commands: PkiCommands;
let theirs: OpensslChain;
let others: OpensslChain;

const newFolder = async (): Promise<string> => {
  const temporary = await temporaryDirectory();
  temporaries.push(temporary);
  return temporary.path;
};

beforeAll(async () => {
  const path = await newFolder();
  theirs = await opensslChain(join(path, 'theirs'), 'Acme');
  others = await opensslChain(join(path, 'others'), 'Zenith');
});
beforeEach(async () => {
  const path = await newFolder();
  at = (...names) => join(path, ...names);
  commands = pkiCommands(path);
  await mkdir(at('certs'));
});
afterAll(() => Promise.all(temporaries.map((one) => one[Symbol.asyncDispose]())));

type Part = Parameters<OpensslChain['path']>[0];

/** Puts files into the folder under the names that the broker knows. */
async function bring(chain: OpensslChain, files: Readonly<Partial<Record<Part, string>>>): Promise<void> {
  for (const [from, to] of Object.entries(files)) await cp(chain.path(from as Part), at('certs', to));
}

const folderNames = async (): Promise<string[]> => (await readdir(at('certs'))).sort();

/** What mosquitto_pub ends with: 0 where the broker took its message. */
async function publish(
  broker: TestBroker,
  way: 'mqtts' | 'mqtts-two-way',
  device?: OpensslChain,
): Promise<number | null> {
  const target = ['-h', 'localhost', '-p', String(broker.port(way)), '--cafile', theirs.path('root.pem')];
  const identity = device ? ['--cert', device.path('device.pem'), '--key', device.path('device.key')] : [];
  return (await runToEnd('mosquitto_pub', [...target, ...identity, '-t', 'a', '-m', 'b', '-q', '1'])).code;
}

describe('a root of somebody else, with an intermediate here that it signed', () => {
  beforeEach(() =>
    bring(theirs, {
      'root.pem': 'root-ca.pem',
      'intermediate.pem': 'intermediate-ca.pem',
      'intermediate.key': 'intermediate-ca.key',
    }),
  );

  test('is completed by pki init, changes nothing of theirs, and what it issues leads to their root', async () => {
    const made = JSON.parse(await commands.pki('init', '--json')) as { created: string[] };
    expect(made.created).toEqual(expect.arrayContaining(['ca-chain.pem', 'server.pem', 'server.key']));
    expect(made.created).not.toContain('root-ca.key');
    for (const name of ['root', 'intermediate'] as const)
      expect(await readFile(at('certs', `${name}-ca.pem`))).toEqual(await readFile(theirs.path(`${name}.pem`)));
    const [, device = ''] = (await commands.pki('issue', 'client', 'pump-7')).split('\n');
    const trust = ['-CAfile', theirs.path('root.pem'), '-untrusted', theirs.path('intermediate.pem')];
    expect(await openssl('verify', '-purpose', 'sslclient', ...trust, device)).toMatch(/: OK/);
    const server = at('certs', 'server.pem');
    expect(await openssl('verify', '-purpose', 'sslserver', ...trust, '-verify_hostname', 'localhost', server)).toMatch(
      /: OK/,
    );
  });

  test('issues, renews and revokes, and asks for the root only where it signs', async () => {
    await commands.pki('init');
    await commands.pki('issue', 'client', 'pump-7', '--out', 'pump-7');
    await commands.pki('renew', 'pump-7/pump-7.pem');
    await commands.pki('renew', 'server');
    const revoked = await commands.run('revoke', 'pump-7/pump-7.pem');
    expect(revoked).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^list \d+ of CN=Acme intermediate, O=Acme: 2 revoked/m),
    });
    expect(revoked.stderr).toMatch(/^no list was written: .*root-ca\.key is not there/);
    expect(await commands.run('renew', 'intermediate')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('viaduct pki root export'),
    });
    expect(await commands.pki('root', 'export', '--out', 'request')).toContain(at('request', 'intermediate-ca.csr'));
    const csr = at('request', 'intermediate-ca.csr');
    const signer = ['-CA', theirs.path('root.pem'), '-CAkey', theirs.path('root.key'), '-days', '300'];
    const extensions = ['-copy_extensions', 'copyall', '-out', at('signed.pem')];
    await openssl('x509', '-req', '-in', csr, ...signer, ...extensions);
    await commands.pki('root', 'import', 'signed.pem');
    await commands.pki('issue', 'client', 'pump-8', '--out', 'pump-8');
    const trust = ['-CAfile', theirs.path('root.pem'), '-untrusted', at('signed.pem')];
    expect(await openssl('verify', ...trust, at('pump-8', 'pump-8.pem'))).toMatch(/: OK/);
  });
});

describe('everything of somebody else', () => {
  const brought = ['ca-chain.pem', 'server.key', 'server.pem'];

  test.each(['one CA for the server and the devices', 'another CA for the devices, as beside ACME'])(
    'is served as it is, with nothing made: %s',
    async (what) => {
      const [devices, strangers] = what.startsWith('one') ? [theirs, others] : [others, theirs];
      await bring(theirs, { 'server.pem': 'server.pem', 'server.key': 'server.key' });
      await bring(devices, { 'ca-chain.pem': 'ca-chain.pem' });
      const contents = () => Promise.all(brought.map((name) => readFile(at('certs', name))));
      const before = await contents();
      await using broker = await startBroker({}, at('certs'));
      expect(broker.log.text()).not.toMatch(/"level":"(?:warn|error)"/);
      expect(await publish(broker, 'mqtts')).toBe(0);
      expect(await publish(broker, 'mqtts-two-way', devices)).toBe(0);
      expect(await publish(broker, 'mqtts-two-way', strangers)).not.toBe(0);
      expect(await publish(broker, 'mqtts-two-way')).not.toBe(0);
      expect(await folderNames()).toEqual(brought);
      expect(await contents()).toEqual(before);
    },
  );

  test('is shown by pki status and verified, and what needs a CA says that there is none', async () => {
    await bring(theirs, { 'server.pem': 'server.pem', 'server.key': 'server.key', 'ca-chain.pem': 'ca-chain.pem' });
    expect(await commands.pki('init')).toMatch(/is complete; nothing was changed$/);
    expect(JSON.parse(await commands.pki('status', '--json'))).toMatchObject({
      authority: 'elsewhere',
      certificates: [
        { name: 'ca-chain', subject: 'CN=Acme intermediate, O=Acme', state: 'valid', key: 'absent' },
        { name: 'ca-chain', subject: 'CN=Acme root, O=Acme', state: 'valid', key: 'absent' },
        { name: 'server', subject: 'CN=Acme server, O=Acme', state: 'valid', key: 'here' },
      ],
    });
    expect(await commands.pki('status')).toMatch(/^server .*\nno CA in .*: what is there was issued elsewhere/m);
    expect(await commands.pki('verify', 'certs/server.pem', '--host', 'localhost')).toMatch(/\nok$/);
    expect(await commands.pki('verify', theirs.path('device.pem'), '--purpose', 'client')).toMatch(/\nok$/);
    for (const [args, sentence] of [
      [['issue', 'client', 'pump-7'], /viaduct pki init makes a CA in an empty folder/],
      [['crl'], /viaduct pki init makes one in an empty folder/],
      [['renew', 'server'], /was issued by CN=Acme intermediate, O=Acme, not by a CA in .*; ask that CA/],
      [
        ['revoke', theirs.path('device.pem')],
        /was issued by CN=Acme intermediate, O=Acme, not by a CA in .*; ask that CA/,
      ],
    ] as const)
      expect(await commands.run(...args), args.join(' ')).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(sentence),
      });
    expect(await folderNames()).toEqual(brought);
  });

  test('with a revocation list of that CA: the device it names is refused, and status shows the list', async () => {
    await bring(theirs, { 'server.pem': 'server.pem', 'server.key': 'server.key', 'ca-chain.pem': 'ca-chain.pem' });
    await mkdir(at('certs', 'crl'));
    await revokeDevice(theirs, at('certs', 'crl', 'acme.pem'));
    const status = await commands.pki('status');
    expect(status).toMatch(/^revocation list of CN=Acme intermediate, O=Acme: 1 revoked, current/m);
    await using broker = await startBroker({}, at('certs'));
    expect(await publish(broker, 'mqtts-two-way', theirs)).not.toBe(0);
    await broker.log.waitFor(/certificate.*revoked/);
  });
});

/** Has the intermediate of a chain revoke its device, by openssl. @param list where the list is put. */
async function revokeDevice(chain: OpensslChain, list: string): Promise<void> {
  const work = await newFolder();
  const config = join(work, 'ca.cnf');
  const lines = ['[ca]', 'default_ca = one', '[one]', `database = ${join(work, 'index.txt')}`, 'default_md = sha256'];
  await writeFile(config, `${lines.join('\n')}\n`);
  await writeFile(join(work, 'index.txt'), '');
  const ca = [
    'ca',
    '-config',
    config,
    '-cert',
    chain.path('intermediate.pem'),
    '-keyfile',
    chain.path('intermediate.key'),
  ];
  await openssl(...ca, '-revoke', chain.path('device.pem'));
  await openssl(...ca, '-gencrl', '-crldays', '5', '-out', list);
}
