import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CertificateSet, ensureCertificates } from '../../src/pki/folder/ensure.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let directory: string;
let set: CertificateSet;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'viaduct-pki-'));
  set = await ensureCertificates({
    directory,
    names: ['broker.example.com', '192.0.2.7'],
    hostname: 'Box',
    now: Date.now,
  });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** What a program says, on either output; it must succeed. */
async function said(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(command, args);
  expect(code, `${command} ${args.join(' ')}\n${stderr}`).toBe(0);
  return stdout + stderr;
}

const openssl = (...args: readonly string[]): Promise<string> => said('openssl', args);

describe('openssl verifies', () => {
  test('the server for one who trusts the root, with the intermediate that the server sends', async () => {
    const { rootCa, server } = set.files;
    const asServer = ['-x509_strict', '-purpose', 'sslserver', '-CAfile', rootCa, '-untrusted', server];
    for (const name of ['localhost', 'box', 'broker.example.com'])
      expect(await openssl('verify', ...asServer, '-verify_hostname', name, server)).toContain(': OK');
    for (const address of ['127.0.0.1', '::1', '192.0.2.7'])
      expect(await openssl('verify', ...asServer, '-verify_ip', address, server)).toContain(': OK');
  });

  test('server and client for one who trusts the bundle, each for its own purpose only', async () => {
    const { caChain, server, clientDemo } = set.files;
    const strict = ['verify', '-x509_strict', '-CAfile', caChain];
    expect(await openssl(...strict, '-purpose', 'sslserver', server)).toContain(': OK');
    expect(await openssl(...strict, '-purpose', 'sslclient', clientDemo)).toContain(': OK');
    const swapped = await runToEnd('openssl', [...strict, '-purpose', 'sslserver', clientDemo]);
    expect(swapped.stderr).toMatch(/unsuitable certificate purpose|unsupported certificate purpose/);
  });

  test('the intermediate alone as trust anchor, where partial chains are allowed', async () => {
    const { intermediateCa, server } = set.files;
    expect(await openssl('verify', '-partial_chain', '-CAfile', intermediateCa, server)).toContain(': OK');
  });
});

describe('openssl shows the extensions of RFC 5280 4.2.1', () => {
  const textOf = (path: string): Promise<string> => openssl('x509', '-in', path, '-noout', '-text');

  test('of the root', async () => {
    const text = await textOf(set.files.rootCa);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE\n/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(text).toContain('Subject Key Identifier');
    expect(text).toContain('NIST CURVE: P-256');
    expect(text).toContain('Subject: O = Viaduct, CN = Viaduct Root CA');
  });

  test('of the intermediate', async () => {
    const text = await textOf(set.files.intermediateCa);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(text).toContain('Authority Key Identifier');
  });

  test('of the server', async () => {
    const text = await textOf(set.files.server);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE\n/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/);
    expect(text).toMatch(
      /Alternative Name:\s+DNS:localhost, DNS:box, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1, DNS:broker\.example\.com, IP Address:192\.0\.2\.7\n/,
    );
    expect(text).toContain('Subject: O = Viaduct, CN = box');
  });

  test('of the client', async () => {
    const text = await textOf(set.files.clientDemo);
    expect(text).toMatch(/Extended Key Usage:\s+TLS Web Client Authentication\n/);
    expect(text).toContain('Subject: O = Viaduct, CN = client-demo');
  });
});

describe('client-demo.p12', () => {
  test('is read by openssl without the legacy provider: a key, three certificates, their names', async () => {
    const shown = await openssl('pkcs12', '-info', '-in', set.files.clientDemoP12, '-passin', 'pass:viaduct', '-nodes');
    expect(shown).toMatch(/MAC: sha256, Iteration 10000/);
    expect(shown).toMatch(/Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256/);
    expect(shown.match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(3);
    expect(shown.match(/-----BEGIN PRIVATE KEY-----/g)).toHaveLength(1);
    expect(shown.match(/friendlyName: client-demo/g)).toHaveLength(2);
    expect(shown.match(/localKeyID: [0-9A-F ]+/g)).toHaveLength(2);
  });

  test('is listed by the keytool of Java as a private key with a chain of three', async () => {
    const shown = await said('keytool', ['-list', '-v', '-keystore', set.files.clientDemoP12, '-storepass', 'viaduct']);
    expect(shown).toContain('Keystore type: PKCS12');
    expect(shown).toContain('Your keystore contains 1 entry');
    expect(shown).toMatch(/Alias name: client-demo\n/);
    expect(shown).toContain('Entry type: PrivateKeyEntry');
    expect(shown).toContain('Certificate chain length: 3');
    expect(shown).toContain('Owner: CN=Viaduct Root CA, O=Viaduct');
  });

  test('gives Java its key: keytool copies it into another keystore', async () => {
    const copy = join(directory, 'copy.jks');
    const source = ['-srckeystore', set.files.clientDemoP12, '-srcstorepass', 'viaduct'];
    const target = ['-destkeystore', copy, '-deststorepass', 'changeit', '-deststoretype', 'PKCS12'];
    expect(await said('keytool', ['-importkeystore', '-noprompt', ...source, ...target])).toMatch(
      /1 entries successfully imported/,
    );
  });

  test('is refused with another password', async () => {
    const refused = await runToEnd('openssl', [
      'pkcs12',
      '-in',
      set.files.clientDemoP12,
      '-passin',
      'pass:wrong',
      '-nodes',
    ]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/Mac verify error/);
  });
});

test('a CA made by openssl, with text in its files and SEC1 keys, gets what is missing', async () => {
  await using temporary = await temporaryDirectory();
  const own = temporary.path;
  const file = (name: string) => join(own, name);
  await writeFile(file('ext'), 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n');
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', file('root-ca.key'));
  const subject = ['-subj', '/C=DE/O=Acme/CN=Acme Root'];
  await openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    file('root-ca.key'),
    ...subject,
    '-days',
    '900',
    '-text',
    '-out',
    file('root-ca.pem'),
  );
  await openssl(
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    file('intermediate-ca.key'),
    '-subj',
    '/CN=Acme Issuing',
    '-out',
    file('csr'),
  );
  const signer = ['-CA', file('root-ca.pem'), '-CAkey', file('root-ca.key'), '-CAcreateserial', '-days', '200'];
  await openssl(
    'x509',
    '-req',
    '-in',
    file('csr'),
    ...signer,
    '-extfile',
    file('ext'),
    '-out',
    file('intermediate-ca.pem'),
  );
  const made = await ensureCertificates({ directory: own, names: [], hostname: 'box', now: Date.now });
  expect(made.created).toEqual([
    'ca-chain.pem',
    'server.key',
    'server.pem',
    'client-demo.key',
    'client-demo.pem',
    'client-demo.p12',
  ]);
  const trust = ['-CAfile', file('root-ca.pem'), '-untrusted', file('server.pem')];
  expect(await openssl('verify', ...trust, file('server.pem'), file('client-demo.pem'))).toMatch(
    /server\.pem: OK\n.*client-demo\.pem: OK/,
  );
});
