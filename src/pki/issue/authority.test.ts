import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeX509 } from '../x509/inspect.ts';
import { type Authority, createAuthority, createIntermediate, createRoot, issueLeaf } from './authority.ts';

const now = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority({ now: () => now });
});

describe('an authority', () => {
  test('is a root of ten years and an intermediate of five below it', () => {
    const [root, intermediate] = [authority.root, authority.intermediate].map(({ certificate }) =>
      describeX509(new X509Certificate(certificate)),
    );
    expect(root).toMatchObject({
      subject: 'CN=Viaduct Root CA, O=Viaduct',
      isCa: true,
      isSelfIssued: true,
      keyType: 'EC P-256',
      notAfter: now + 3_650 * dayMs,
    });
    expect(intermediate).toMatchObject({
      subject: 'CN=Viaduct Intermediate CA, O=Viaduct',
      issuer: 'CN=Viaduct Root CA, O=Viaduct',
      isCa: true,
      notAfter: now + 1_825 * dayMs,
    });
  });

  test('issues a server certificate of a year for the names asked for', async () => {
    const { leaf, cert } = await authority.issueServer({
      commonName: 'broker',
      altNames: [
        { type: 'dns', value: 'broker' },
        { type: 'ip', value: '::1' },
      ],
    });
    expect(describeX509(new X509Certificate(leaf))).toMatchObject({
      subject: 'CN=broker, O=Viaduct',
      commonName: 'broker',
      names: ['broker', '::1'],
      notBefore: now - 300_000,
      notAfter: now + 365 * dayMs,
      isCa: false,
      allows: { serverAuth: true, clientAuth: false },
    });
    expect(cert).toBe(leaf + authority.intermediate.certificate);
  });

  test('issues a client certificate, also one that has expired', async () => {
    const { leaf } = await authority.issueClient({
      commonName: 'device-7',
      notBefore: now - 2 * dayMs,
      notAfter: now - dayMs,
    });
    expect(describeX509(new X509Certificate(leaf))).toMatchObject({
      notAfter: now - dayMs,
      allows: { serverAuth: false, clientAuth: true },
    });
    expect(new X509Certificate(leaf).verify(new X509Certificate(authority.intermediate.certificate).publicKey)).toBe(
      true,
    );
  });

  test('issues nothing that would outlive it, and names the rule', async () => {
    const issued = authority.issueClient({ commonName: 'a', notAfter: now + 4_000 * dayMs });
    await expect(issued).rejects.toThrow(/^no client certificate for a is issued: .* longer than its issuer/);
    await expect(issued).rejects.toMatchObject({ code: 'issuing-refused', details: { rule: 'outlives-issuer' } });
  });

  test('never gives a serial number twice', async () => {
    const issued = await Promise.all([1, 2, 3, 4].map(() => authority.issueClient({ commonName: 'a' })));
    const serials = issued.map(({ leaf }) => describeX509(new X509Certificate(leaf)).serialNumber);
    expect(new Set(serials).size).toBe(4);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test('takes serial numbers from its options', async () => {
    const root = await createRoot({ now: () => now, serial: () => '4f'.repeat(16) });
    expect(describeX509(new X509Certificate(root.certificate)).serialNumber).toBe('4F'.repeat(16));
  });

  test('certifies a key that is already there', async () => {
    const first = await authority.issueClient({ commonName: 'a' });
    const again = await authority.issueClient({ commonName: 'a', key: first.key });
    expect(again.key).toBe(first.key);
    expect(new X509Certificate(again.leaf).publicKey.equals(new X509Certificate(first.leaf).publicKey)).toBe(true);
  });

  test('keeps a common name as it is, whatever its characters mean in a distinguished name', async () => {
    for (const commonName of ['a, O=Evil', '#04', 'a+b=c', 'x"y\\z', 'Zürich 北京']) {
      const { leaf } = await authority.issueClient({ commonName });
      expect(new X509Certificate(leaf).toLegacyObject().subject.CN).toBe(commonName);
    }
  });
});

const keyTypes = [
  ['RSA 2048', generateKeyPairSync('rsa', { modulusLength: 2_048 })],
  ['EC P-384', generateKeyPairSync('ec', { namedCurve: 'secp384r1' })],
  ['Ed25519', generateKeyPairSync('ed25519')],
] as const;

test.each(keyTypes)('a CA that was brought may have an %s key', async (keyType, { privateKey }) => {
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const options = { now: () => now };
  const root = await createRoot(options, key);
  const intermediate = await createIntermediate(root, options, key);
  const { leaf } = await issueLeaf('client', { commonName: 'a' }, intermediate, options);
  expect(describeX509(new X509Certificate(root.certificate)).keyType).toBe(keyType);
  expect(new X509Certificate(leaf).verify(new X509Certificate(intermediate.certificate).publicKey)).toBe(true);
});

test('a CA key of another type is refused by name', async () => {
  const { privateKey } = generateKeyPairSync('x25519');
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await expect(createRoot({ now: () => now }, key)).rejects.toThrow(/x25519; use EC P-256/);
});
