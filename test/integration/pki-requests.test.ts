import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { revokeInFolder, signInFolder } from '../../src/pki/folder/operations.ts';
import type { CsrPolicy } from '../../src/pki/issue/csr-checks.ts';
import { createCsr } from '../../src/pki/x509/csr.ts';
import { describeX509 } from '../../src/pki/x509/inspect.ts';
import { generateKey, type KeyType } from '../../src/pki/x509/keys.ts';
import { profiles } from '../../src/pki/x509/profile.ts';
import { openssl } from '../support/openssl.ts';
import { type OwnCaFolder, ownCaFolder } from '../support/own-ca.ts';
import { runToEnd } from '../support/run-program.ts';

const client: CsrPolicy = { profile: profiles.client };

/** A request made by openssl. @returns its bytes. */
async function opensslRequest(ca: OwnCaFolder, key: readonly string[], more: readonly string[] = []): Promise<Buffer> {
  const subject = ['-subj', '/O=Elsewhere/CN=pump-7'];
  await openssl(
    'req',
    '-new',
    '-nodes',
    ...key,
    '-keyout',
    ca.file('csr.key'),
    ...subject,
    ...more,
    '-out',
    ca.file('csr'),
  );
  return readFile(ca.file('csr'));
}

const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** Nothing was issued: no rejected request leaves a line in the ledger. */
async function refused(ca: OwnCaFolder, bytes: Buffer, policy: CsrPolicy = client): Promise<string> {
  const outcome = await signInFolder(ca.folder, bytes, policy, 'device.csr').then(
    () => 'issued',
    (problem: Error) => problem.message,
  );
  expect((await ca.folder.ledger.read()).size).toBe(0);
  return outcome;
}

describe('a request made by openssl is signed', () => {
  test.each([
    ['EC P-256', ec],
    ['EC P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['RSA 2048', ['-newkey', 'rsa:2048']],
    ['Ed25519', ['-newkey', 'ed25519']],
  ])('for a key of %s, with the names of the request and the organization of nobody', async (keyType, key) => {
    await using ca = await ownCaFolder();
    const names = [
      '-addext',
      'subjectAltName=DNS:pump-7.example.com,IP:2001:db8::7,email:ops@example.com,URI:urn:device:7',
    ];
    const bytes = await opensslRequest(ca, key, names);
    const { cert, leaf, entry } = await signInFolder(ca.folder, bytes, client, 'device.csr');
    const path = await ca.write('leaf.pem', cert);
    const chain = ['-CAfile', ca.file('root-ca.pem'), '-untrusted', path];
    expect(await openssl('verify', '-x509_strict', '-purpose', 'sslclient', ...chain, path)).toContain(': OK');
    const certificate = new X509Certificate(leaf);
    expect(describeX509(certificate)).toMatchObject({ subject: 'CN=pump-7', keyType, isCa: false });
    expect(certificate.subjectAltName).toBe(
      'DNS:pump-7.example.com, IP Address:2001:DB8:0:0:0:0:0:7, email:ops@example.com, URI:urn:device:7',
    );
    expect(entry).toMatchObject({
      profile: 'client',
      subject: 'CN=pump-7',
      issuedBy: 'test',
      serialNumber: certificate.serialNumber,
    });
    expect([...(await ca.folder.ledger.read()).values()]).toEqual([entry]);
    const spki = await openssl('pkey', '-in', ca.file('csr.key'), '-pubout');
    expect(spki).toContain(String(certificate.publicKey.export({ type: 'spki', format: 'pem' })).trim());
  });

  test('in DER, and in PEM with text before it', async () => {
    await using ca = await ownCaFolder();
    const pem = await opensslRequest(ca, ec, ['-text']);
    expect(pem.toString()).toMatch(/^Certificate Request:/);
    await openssl('req', '-in', ca.file('csr'), '-outform', 'der', '-out', ca.file('csr.der'));
    for (const bytes of [pem, await readFile(ca.file('csr.der'))])
      expect((await signInFolder(ca.folder, bytes, client, 'device.csr')).entry.subject).toBe('CN=pump-7');
  });

  test('for another CA, under the root', async () => {
    await using ca = await ownCaFolder();
    const bytes = await opensslRequest(ca, ec, ['-addext', 'basicConstraints=critical,CA:TRUE']);
    const { cert, leaf } = await signInFolder(ca.folder, bytes, { profile: profiles.intermediate }, 'ca.csr');
    expect(cert).toBe(leaf);
    const path = await ca.write('sub.pem', leaf);
    expect(await openssl('verify', '-x509_strict', '-CAfile', ca.file('root-ca.pem'), path)).toContain(': OK');
    expect(await openssl('x509', '-in', path, '-noout', '-text')).toMatch(/CA:TRUE, pathlen:0/);
  });
});

test.each(['ec-p256', 'ed25519', 'rsa-2048'] satisfies KeyType[])(
  'openssl verifies a request made here for an %s key',
  async (keyType) => {
    await using ca = await ownCaFolder();
    const csr = createCsr({
      subject: { commonName: 'Pumpe 7, süd', organization: 'Acme' },
      altNames: [
        { type: 'dns', value: 'pump-7' },
        { type: 'ip', value: '192.0.2.7' },
      ],
      extendedUses: ['clientAuth'],
      isCa: true,
      key: await generateKey(keyType),
    });
    const path = await ca.write('csr', csr);
    const text = await openssl(
      'req',
      '-in',
      path,
      '-verify',
      '-noout',
      '-text',
      '-nameopt',
      'utf8,sep_comma_plus_space',
    );
    expect(text).toMatch(/verify OK/i);
    expect(text).toMatch(/Subject: O=Acme, CN=Pumpe 7\\?, süd/);
    expect(text).toMatch(/X509v3 Basic Constraints: ?\s+CA:TRUE/);
    expect(text).toMatch(/DNS:pump-7, IP Address:192\.0\.2\.7/);
    expect(text).toContain('TLS Web Client Authentication');
    expect(await openssl('asn1parse', '-in', path)).toContain(':Extension Request');
  },
);

describe('a request is refused, and nothing is issued', () => {
  test('whose signature is forged; openssl says the same of it', async () => {
    await using ca = await ownCaFolder();
    await opensslRequest(ca, ec);
    await openssl('req', '-in', ca.file('csr'), '-outform', 'der', '-out', ca.file('csr.der'));
    const bytes = await readFile(ca.file('csr.der'));
    bytes.write('boss-7', bytes.indexOf('pump-7')); // another name, under the signature of the first
    const path = await ca.write('forged.der', bytes);
    const judged = await runToEnd('openssl', ['req', '-inform', 'der', '-in', path, '-verify', '-noout']);
    expect(judged.stdout + judged.stderr).toMatch(/verify fail/i);
    expect(await refused(ca, bytes)).toBe(
      'device.csr is refused: its signature was not made with the key that it wants certified; make the request again with that key',
    );
  });

  test.each([
    ['a weak key', ['-newkey', 'rsa:1024'], [], /its RSA key has 1024 bits; use EC P-256/],
    [
      'SHA-1',
      ['-newkey', 'rsa:2048'],
      ['-sha1'],
      /it is signed with SHA-1 with RSA, which can be forged; sign it with SHA-256/,
    ],
    [
      'RSASSA-PSS',
      ['-newkey', 'rsa:2048'],
      ['-sigopt', 'rsa_padding_mode:pss'],
      /is signed with 1\.2\.840\.113549\.1\.1\.10, which is not/,
    ],
    ['a CA flag', ec, ['-addext', 'basicConstraints=CA:TRUE'], /it asks for a CA .*; take that out of the request/],
    [
      'another use',
      ec,
      ['-addext', 'extendedKeyUsage=serverAuth'],
      /extended key usage serverAuth; a client certificate has clientAuth/,
    ],
    [
      'a name of another kind',
      ec,
      ['-addext', 'subjectAltName=RID:1.2.3'],
      /alternative name of a kind that is not issued here; use/,
    ],
    ['two common names', ec, ['-subj', '/CN=a/CN=b'], /it has no common name, or several; give it exactly one/],
  ])('with %s', async (_what, key, more, sentence) => {
    await using ca = await ownCaFolder();
    expect(await refused(ca, await opensslRequest(ca, key, more))).toMatch(sentence);
  });

  test('for a server without an alternative name', async () => {
    await using ca = await ownCaFolder();
    expect(await refused(ca, await opensslRequest(ca, ec), { profile: profiles.server })).toBe(
      'no server certificate for pump-7 is issued: a server certificate needs at least one DNS name or IP address',
    );
  });

  test('with 10,000 names, and with 101', async () => {
    await using ca = await ownCaFolder();
    const names = (count: number) => Array.from({ length: count }, (_, index) => `DNS:n${index}.example.com`).join(',');
    const request = async (count: number): Promise<Buffer> => {
      const config = await ca.write(
        'cnf',
        `[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=x\n[dn]\nCN=pump-7\n[x]\nsubjectAltName=@n\n[n]\n${names(
          count,
        )
          .split(',')
          .map((name, index) => `DNS.${index}=${name.slice(4)}`)
          .join('\n')}\n`,
      );
      await openssl('req', '-new', '-nodes', ...ec, '-keyout', ca.file('k'), '-config', config, '-out', ca.file('big'));
      return readFile(ca.file('big'));
    };
    expect(await refused(ca, await request(10_000))).toMatch(
      /^device\.csr has \d+ bytes, and at most 65536 are read; ask for fewer names$/,
    );
    expect(await refused(ca, await request(101))).toMatch(/it asks for 101 alternative names; at most 100 are allowed/);
  });

  test('that is cut off, is a certificate, or is a key', async () => {
    await using ca = await ownCaFolder();
    const bytes = await opensslRequest(ca, ec);
    expect(await refused(ca, bytes.subarray(0, 200))).toBe('device.csr is cut off (the request has no end)');
    expect(await refused(ca, await readFile(ca.file('root-ca.pem')))).toBe(
      'device.csr holds a certificate and no request',
    );
    expect(await refused(ca, await readFile(ca.file('csr.key')))).toMatch(
      /^device\.csr holds a private key; a request is signed/,
    );
  });

  test('by a CA that was revoked', async () => {
    await using ca = await ownCaFolder();
    const bytes = await opensslRequest(ca, ec);
    await revokeInFolder(ca.folder, { pem: await readFile(ca.file('intermediate-ca.pem'), 'utf8') }, 'ca-compromise');
    await expect(signInFolder(ca.folder, bytes, client, 'device.csr')).rejects.toThrow(
      /CN=Viaduct Intermediate CA, O=Viaduct was revoked on .*; renew it first/,
    );
    expect([...(await ca.folder.ledger.read()).values()].map(({ profile }) => profile)).toEqual(['intermediate']);
  });
});
