import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { AppError } from '../../src/kernel/errors.ts';
import { verifyCertificate } from '../../src/pki/check/verify.ts';
import { issueInFolder } from '../../src/pki/folder/operations.ts';
import { decryptKey, encryptKey } from '../../src/pki/x509/encrypted-key.ts';
import { generateKey, keyTypes } from '../../src/pki/x509/keys.ts';
import { parseConstraint } from '../../src/pki/x509/name-constraints.ts';
import type { AltName } from '../../src/pki/x509/names.ts';
import { parseCertificates } from '../../src/pki/x509/pem.ts';
import { openssl, opensslRefuses } from '../support/openssl.ts';
import { ownCaFolder } from '../support/own-ca.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const dns = (value: string): AltName => ({ type: 'dns', value });

function constraint(text: string): AltName {
  const parsed = parseConstraint(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

const shownKeys = {
  'ec-p256': 'NIST CURVE: P-256',
  'ec-p384': 'NIST CURVE: P-384',
  ed25519: 'Public Key Algorithm: ED25519',
  'rsa-2048': 'Public-Key: (2048 bit)',
  'rsa-3072': 'Public-Key: (3072 bit)',
  'rsa-4096': 'Public-Key: (4096 bit)',
} as const;

test.each(keyTypes)(
  'openssl accepts a root, an intermediate, a server and a client with %s keys (RFC 5280)',
  async (keyType) => {
    const key = await generateKey(keyType);
    await using ca = await ownCaFolder({ key, folder: { crlUrl: 'http://pki.example.com/crl/' } });
    const server = await issueInFolder(ca.folder, 'server', {
      commonName: 'broker',
      altNames: [dns('broker')],
      key,
    });
    const client = await issueInFolder(ca.folder, 'client', { commonName: 'pump-7', key });
    const serverFile = await ca.write('s.pem', server.cert);
    const clientFile = await ca.write('c.pem', client.cert);
    const strict = [
      'verify',
      '-x509_strict',
      '-check_ss_sig',
      '-CAfile',
      ca.file('root-ca.pem'),
      '-untrusted',
      serverFile,
    ];
    expect(await openssl(...strict, '-purpose', 'sslserver', '-verify_hostname', 'broker', serverFile)).toContain(
      ': OK',
    );
    expect(await openssl(...strict, '-purpose', 'sslclient', clientFile)).toContain(': OK');
    const text = await openssl('x509', '-in', serverFile, '-noout', '-text');
    expect(text).toContain(shownKeys[keyType]);
    expect(text).toMatch(
      /CRL Distribution Points:\s+Full Name:\s+URI:http:\/\/pki\.example\.com\/crl\/intermediate-ca\.crl\n/,
    );
    expect(text).toMatch(/Subject Key Identifier:\s+([0-9A-F:]{59})/);
    expect(text).toMatch(/Authority Key Identifier:\s+(keyid:)?[0-9A-F:]{59}/);
    expect(text).toMatch(/Serial Number:\s+[4-7][0-9a-f](:[0-9a-f]{2}){15}\n/);
    await openssl('pkey', '-in', await ca.write('s.key', server.key), '-check', '-noout');
  },
  60_000,
);

test('what openssl reads of the structure has no parts but those of RFC 5280', async () => {
  await using ca = await ownCaFolder();
  const { leaf } = await issueInFolder(ca.folder, 'client', { commonName: 'pump-7' });
  const shown = await openssl('asn1parse', '-in', await ca.write('c.pem', leaf));
  const extensions = Array.from(shown.matchAll(/OBJECT\s+:(X509v3 .*)/g), ([, name]) => name);
  expect(extensions).toEqual([
    'X509v3 Basic Constraints',
    'X509v3 Key Usage',
    'X509v3 Subject Key Identifier',
    'X509v3 Authority Key Identifier',
    'X509v3 Extended Key Usage',
  ]);
});

describe('name constraints (RFC 5280 4.2.1.10)', () => {
  const constraints = {
    permitted: ['DNS:example.com', 'IP:10.0.0.0/8', 'email:.example.com'].map(constraint),
    excluded: [constraint('DNS:lab.example.com')],
  };

  test('are shown by openssl as they were asked for, critical', async () => {
    await using ca = await ownCaFolder({ constraints });
    const text = await openssl('x509', '-in', ca.file('intermediate-ca.pem'), '-noout', '-text');
    expect(text).toMatch(
      /Name Constraints: critical\s+Permitted:\s+DNS:example\.com\s+IP:10\.0\.0\.0\/255\.0\.0\.0\s+email:\.example\.com\s+Excluded:\s+DNS:lab\.example\.com\n/,
    );
  });

  test.each([
    ['DNS:broker.example.com', true],
    ['IP:10.1.2.3', true],
    ['email:ops@plant.example.com', true],
    ['DNS:broker.example.org', false],
    ['DNS:a.lab.example.com', false],
    ['IP:192.0.2.1', false],
    ['email:ops@example.org', false],
  ])('openssl, the CA and our own verification agree on %s: %s', async (name, isAllowed) => {
    await using ca = await ownCaFolder({ constraints });
    const [kind = '', value = ''] = name.split(':');
    const type = kind.toLowerCase() as AltName['type'];
    const issued = issueInFolder(ca.folder, 'server', { commonName: 'broker', altNames: [{ type, value }] });
    const outcome = await issued.then(
      () => 'issued',
      (problem: AppError) => problem.details['rule'],
    );
    expect(outcome).toBe(isAllowed ? 'issued' : 'name-constraints');
    // the same certificate by openssl, which does not ask
    const extensions = await ca.write('ext', `subjectAltName=${name}\nextendedKeyUsage=serverAuth\n`);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', ca.file('key')];
    await openssl('req', '-new', ...key, '-subj', '/CN=broker', '-out', ca.file('csr'));
    const signer = ['-CA', ca.file('intermediate-ca.pem'), '-CAkey', ca.file('intermediate-ca.key')];
    await openssl(
      'x509',
      '-req',
      '-in',
      ca.file('csr'),
      ...signer,
      '-extfile',
      extensions,
      '-days',
      '9',
      '-out',
      ca.file('leaf'),
    );
    const judge = isAllowed ? openssl : opensslRefuses;
    const said = await judge('verify', '-CAfile', ca.file('ca-chain.pem'), ca.file('leaf'));
    expect(said).toMatch(isAllowed ? /: OK/ : /permitted subtree violation|excluded subtree violation/);
    const trusted = parseCertificates(await readFile(ca.file('ca-chain.pem'), 'utf8'));
    const found = verifyCertificate({
      certificates: [new X509Certificate(await readFile(ca.file('leaf')))],
      trusted: typeof trusted === 'string' ? [] : trusted,
      allowsPartial: false,
      purpose: 'any',
      now: Date.now(),
    });
    expect(found.problems.map(({ code }) => code)).toEqual(isAllowed ? [] : ['name-constraints']);
  });
});

describe('encrypted keys', () => {
  test('written here are opened by openssl with the passphrase, and by nobody else', async () => {
    await using ca = await ownCaFolder();
    const key = await generateKey();
    const file = await ca.write('enc.key', encryptKey(key, 'grüne Pumpe'));
    expect(await openssl('pkey', '-in', file, '-passin', 'pass:grüne Pumpe')).toContain(key);
    expect(await opensslRefuses('pkey', '-in', file, '-passin', 'pass:other')).toMatch(/Could not (read|find)/);
    const shown = await openssl('asn1parse', '-in', file);
    expect(shown).toMatch(/:PBES2[\s\S]*:scrypt[\s\S]*:aes-256-cbc/);
  });

  test.each([
    [
      'PKCS#8',
      [
        'genpkey',
        '-algorithm',
        'EC',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-aes-256-cbc',
        '-pass',
        'pass:passphrase',
      ],
    ],
    ['the older form', ['genrsa', '-aes128', '-traditional', '-passout', 'pass:passphrase']],
  ])('written by openssl as %s are opened here', async (_form, args) => {
    await using temporary = await temporaryDirectory();
    const path = `${temporary.path}/key`;
    await openssl(...args, '-out', path, ...(args[0] === 'genrsa' ? ['2048'] : []));
    const text = await readFile(path, 'utf8');
    expect(decryptKey(text, 'passphrase')).toMatchObject({ key: expect.stringContaining('BEGIN PRIVATE KEY') });
    expect(decryptKey(text, 'passphrasE')).toMatch(/^cannot be decrypted: the passphrase is wrong/);
  });

  test('sign once the passphrase is given, and say what is missing where it is not', async () => {
    await using ca = await ownCaFolder();
    const plain = await readFile(ca.file('intermediate-ca.key'), 'utf8');
    await ca.write('intermediate-ca.key', encryptKey(plain, 'passphrase'));
    const issue = (passphrase?: string) =>
      issueInFolder(ca.open({ passphrase: () => Promise.resolve(passphrase) }), 'client', { commonName: 'a' });
    await expect(issue()).rejects.toThrow(
      /intermediate-ca\.key is encrypted; give its passphrase by --passphrase-file/,
    );
    await expect(issue('wrong')).rejects.toThrow(/cannot be decrypted: the passphrase is wrong.*give the one it was/);
    expect((await ca.folder.ledger.read()).size).toBe(0);
    expect((await issue('passphrase')).entry.subject).toBe('CN=a, O=Viaduct');
  });
});

describe('nothing is issued', () => {
  test('with a key that is not the key of the CA', async () => {
    await using ca = await ownCaFolder();
    await ca.write('intermediate-ca.key', await generateKey());
    await expect(issueInFolder(ca.folder, 'client', { commonName: 'a' })).rejects.toThrow(
      /intermediate-ca\.key is not the key of intermediate-ca\.pem \(CN=Viaduct Intermediate CA, O=Viaduct\); put the right key back/,
    );
  });

  test('by a CA whose files are cut off', async () => {
    await using ca = await ownCaFolder();
    const pem = await readFile(ca.file('intermediate-ca.pem'), 'utf8');
    await ca.write('intermediate-ca.pem', pem.slice(0, 300));
    const cut = issueInFolder(ca.folder, 'client', { commonName: 'a' });
    await expect(cut).rejects.toThrow(/intermediate-ca\.pem is damaged or cut off .*; put a good copy back/);
  });

  test('by a CA that has ended, that has not begun, or for longer than it lasts', async () => {
    const now = Date.now();
    await using ca = await ownCaFolder({ folder: { now: () => now } });
    const yearMs = 365 * 86_400_000;
    const at = (time: number) => issueInFolder(ca.open({ now: () => time }), 'client', { commonName: 'a' });
    await expect(at(now + 6 * yearMs)).rejects.toThrow(/its issuer .* expired on .*; renew that first/);
    await expect(at(now - yearMs)).rejects.toThrow(
      /the clock says .*, but its issuer .* is valid from .*; set the clock/,
    );
    const long = issueInFolder(ca.folder, 'client', { commonName: 'a', notAfter: now + 6 * yearMs });
    await expect(long).rejects.toMatchObject({ details: { rule: 'outlives-issuer' } });
    const { leaf } = await at(now + 4.5 * yearMs);
    const { validTo } = new X509Certificate(await readFile(ca.file('intermediate-ca.pem')));
    expect(new X509Certificate(leaf).validTo).toBe(validTo); // cut at the end of the issuer
    expect((await ca.folder.ledger.read()).size).toBe(1);
  });

  test('for a server without a name', async () => {
    await using ca = await ownCaFolder();
    await expect(issueInFolder(ca.folder, 'server', { commonName: 'a' })).rejects.toThrow(
      /a server certificate needs at least one DNS name or IP address/,
    );
    expect((await ca.folder.ledger.read()).size).toBe(0);
  });
});
