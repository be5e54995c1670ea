import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, type PkiCommands, pkiCommands } from '../support/cli.ts';
import { openssl, opensslRefuses } from '../support/openssl.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  await writeFile(at('password'), 'pass-of-the-file\n');
  await pki('init');
});
afterAll(() => directory[Symbol.asyncDispose]());

const at = (...names: string[]): string => join(directory.path, ...names);
const ca = (): string[] => ['-CAfile', at('certs', 'root-ca.pem'), '-untrusted', at('certs', 'intermediate-ca.pem')];

const pki: PkiCommands['pki'] = (...args) => pkiCommands(directory.path).pki(...args);

/** What Java says of a keystore. */
async function keytool(file: string, password: string): Promise<string> {
  const { code, stdout } = await runToEnd('keytool', ['-list', '-v', '-keystore', at(file), '-storepass', password]);
  expect(code, stdout).toBe(0);
  return stdout;
}

/** A request that openssl makes. */
async function request(name: string, subject: string): Promise<string> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', at(`${name}.key`)];
  await openssl('req', '-new', ...key, '-subj', subject, '-out', at(`${name}.csr`));
  return `${name}.csr`;
}

const modeOf = async (...names: string[]): Promise<string> => ((await stat(at(...names))).mode & 0o777).toString(8);

describe('what pki issue writes', () => {
  test('openssl verifies as a client, with a key that only its owner can read', async () => {
    await pki('issue', 'client', 'pump-1', '--name', 'URI:urn:pump:1');
    const file = at('certs', 'issued', 'pump-1.pem');
    expect(await openssl('verify', '-x509_strict', '-purpose', 'sslclient', ...ca(), file)).toMatch(/: OK/);
    await opensslRefuses('verify', '-purpose', 'sslserver', ...ca(), file);
    expect(await openssl('x509', '-in', file, '-noout', '-text')).toContain('URI:urn:pump:1');
    expect(await modeOf('certs', 'issued', 'pump-1.key')).toBe('600');
  });

  test('openssl verifies as the server of its names and of no other', async () => {
    await pki('issue', 'server', 'broker.example.org', '--name', 'IP:192.0.2.7', '--out', 'web');
    const file = at('web', 'broker.example.org.pem');
    const strict = ['verify', '-x509_strict', '-purpose', 'sslserver', ...ca()];
    expect(await openssl(...strict, '-verify_hostname', 'broker.example.org', file)).toMatch(/: OK/);
    expect(await openssl(...strict, '-verify_ip', '192.0.2.7', file)).toMatch(/: OK/);
    await opensslRefuses(...strict, '-verify_hostname', 'other.example.org', file);
  });

  test('openssl can decrypt only by its passphrase where one was given', async () => {
    await pki('issue', 'client', 'sealed', '--key-passphrase-file', 'password');
    const key = at('certs', 'issued', 'sealed.key');
    await opensslRefuses('pkey', '-in', key, '-noout', '-passin', 'pass:wrong');
    expect((await openssl('pkey', '-in', key, '-noout', '-passin', 'pass:pass-of-the-file')).trim()).toBe('');
  });
});

describe('pki sign', () => {
  test('gives a certificate for a request of openssl, and the key stays where it was made', async () => {
    await pki('sign', await request('dev', '/O=Somebody Else/CN=dev-1'), '--out', 'dev.pem');
    expect(await openssl('verify', '-x509_strict', '-purpose', 'sslclient', ...ca(), at('dev.pem'))).toMatch(/: OK/);
    const subject = await openssl('x509', '-in', at('dev.pem'), '-noout', '-subject', '-nameopt', 'RFC2253');
    expect(subject.trim()).toBe('subject=CN=dev-1,O=Viaduct');
    const key = await openssl('pkey', '-in', at('dev.key'), '-pubout');
    expect(await openssl('x509', '-in', at('dev.pem'), '-noout', '-pubkey')).toBe(key);
  });

  test('writes the certificate to standard output without --out', async () => {
    const pem = await pki('sign', await request('piped', '/CN=piped'));
    await writeFile(at('piped.pem'), `${pem}\n`);
    expect(await openssl('verify', ...ca(), at('piped.pem'))).toMatch(/: OK/);
  });

  test('refuses a request whose signature was forged, and issues nothing', async () => {
    const der = at('forged.csr');
    await openssl('req', '-in', at(await request('forged', '/CN=forged')), '-outform', 'DER', '-out', `${der}.der`);
    const bytes = await readFile(`${der}.der`);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(der, bytes);
    const ended = await cli(['pki', 'sign', 'forged.csr', '--out', 'forged.pem'], { cwd: directory.path });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('forged.csr') as string });
    expect(await pki('list', '--subject', 'forged')).toBe('no certificates');
  });
});

describe('pki revoke', () => {
  test('is known to openssl verify -crl_check at once, for that certificate alone', async () => {
    await pki('issue', 'client', 'stolen');
    await pki('issue', 'client', 'kept');
    await pki('revoke', join('certs', 'issued', 'stolen.pem'), '--reason', 'key-compromise');
    const list = at('certs', 'crl', 'intermediate-ca.pem');
    const check = ['verify', '-crl_check', '-CRLfile', list, ...ca()];
    expect(await openssl(...check, at('certs', 'issued', 'kept.pem'))).toMatch(/: OK/);
    expect(await opensslRefuses(...check, at('certs', 'issued', 'stolen.pem'))).toMatch(/certificate revoked/);
    expect(await openssl('crl', '-in', list, '-noout', '-text')).toMatch(/Key Compromise/);
    const signed = ['-CAfile', at('certs', 'ca-chain.pem'), '-noout'];
    const der = at('certs', 'crl', 'intermediate-ca.crl');
    expect(await openssl('crl', '-inform', 'DER', '-in', der, ...signed)).toMatch(/verify OK/);
  });

  test('also takes a serial number, and says so where the certificate was revoked before', async () => {
    const issued = JSON.parse(await pki('issue', 'client', 'by-serial', '--json')) as { serialNumber: string };
    expect(await pki('revoke', issued.serialNumber)).toMatch(/is revoked since/);
    expect(await pki('revoke', issued.serialNumber)).toMatch(/was revoked before/);
    const revoked = JSON.parse(await pki('list', '--revoked', '--json')) as { certificates: unknown[] };
    expect(revoked.certificates).toContainEqual(
      expect.objectContaining({ serialNumber: issued.serialNumber, state: 'revoked', reason: 'unspecified' }),
    );
  });
});

describe('pki revoke of a device that has several certificates', () => {
  const serials = async (name: string): Promise<string[]> => {
    const issue = async (folder: string): Promise<string> => {
      const said = await pki('issue', 'client', name, '--out', folder, '--json');
      return (JSON.parse(said) as { serialNumber: string }).serialNumber;
    };
    return [await issue('earlier'), await issue('later')];
  };

  test('revokes all of them, and names each', async () => {
    const [first, second] = await serials('several');
    const said = await pki('revoke', first!);
    for (const serial of [first, second]) expect(said).toMatch(new RegExp(`CN=several.* ${serial} is revoked since`));
  });

  test('--certificate-only: revokes that one only', async () => {
    const [first, second] = await serials('only-one');
    expect(await pki('revoke', first!, '--certificate-only')).not.toContain(second);
    const { others } = JSON.parse(await pki('revoke', first!, '--json')) as { others: { serialNumber: string }[] };
    expect(others.map(({ serialNumber }) => serialNumber)).toEqual([second]);
  });
});

describe('pki export', () => {
  test('writes a trust store whose CAs Java lists as trustedCertEntry', async () => {
    await pki('export', 'trust', '--format', 'p12', '--out', 'trust.p12');
    const listed = await keytool('trust.p12', 'changeit');
    expect(listed.match(/Entry type: trustedCertEntry/g)).toHaveLength(2);
    expect(listed).toContain('Owner: CN=Viaduct Root CA, O=Viaduct');
  });

  test('writes a client whose key Java lists as PrivateKeyEntry with the whole chain, and openssl opens', async () => {
    await pki('issue', 'client', 'java');
    const from = join('certs', 'issued', 'java.pem');
    await pki('export', from, '--format', 'p12', '--out', 'java.p12', '--password-file', 'password');
    const listed = await keytool('java.p12', 'pass-of-the-file');
    expect(listed).toMatch(/Alias name: java\n[\s\S]*Entry type: PrivateKeyEntry\nCertificate chain length: 3/);
    const key = await openssl(
      'pkcs12',
      '-in',
      at('java.p12'),
      '-nocerts',
      '-noenc',
      '-passin',
      `file:${at('password')}`,
    );
    expect(key).toContain('BEGIN PRIVATE KEY');
    await opensslRefuses('pkcs12', '-in', at('java.p12'), '-noout', '-passin', 'pass:wrong');
    expect(await modeOf('java.p12')).toBe('600');
  });

  test('writes PEM and DER that openssl reads', async () => {
    await pki('export', 'trust', '--format', 'pem', '--out', 'trust.pem');
    expect(await openssl('verify', '-CAfile', at('trust.pem'), at('certs', 'server.pem'))).toMatch(/: OK/);
    const root = join('certs', 'root-ca.pem');
    const shown = JSON.parse(await pki('export', root, '--format', 'der', '--out', 'root.der', '--json')) as unknown;
    expect(shown).toEqual({
      file: at('root.der'),
      format: 'der',
      holdsKey: false,
      certificates: ['CN=Viaduct Root CA, O=Viaduct'],
    });
    const read = await openssl('x509', '-inform', 'DER', '-in', at('root.der'), '-noout', '-subject');
    expect(read).toContain('Viaduct Root CA');
  });

  test('never overwrites a file, and never writes a key without a password', async () => {
    await writeFile(at('mine'), 'mine');
    const cases = [
      { args: ['trust', '--format', 'pem', '--out', 'mine'], code: 1, says: 'nothing is overwritten' },
      { args: [join('certs', 'server.pem'), '--format', 'p12', '--out', 'new.p12'], code: 2, says: '--password-file' },
      { args: ['trust', '--format', 'der', '--out', 'new.der'], code: 2, says: 'one certificate, and there are 2' },
    ];
    for (const { args, code, says } of cases) {
      const ended = await cli(['pki', 'export', ...args], { cwd: directory.path });
      expect(ended).toMatchObject({ code, stderr: expect.stringContaining(says) as string });
    }
    expect(await readFile(at('mine'), 'utf8')).toBe('mine');
  });
});
