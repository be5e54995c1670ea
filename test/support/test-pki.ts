// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 finds its container there
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** Certificate and key as PEM. */
export interface TestKeyPair {
  /** The leaf followed by the intermediate that signed it, as a server or client sends them. */
  readonly cert: string;
  /** The leaf alone. */
  readonly leaf: string;
  /** PKCS#8. */
  readonly key: string;
}

export interface TestClientOptions {
  readonly cn: string;
  /** Valid until an hour ago. */
  readonly expired?: boolean;
  /** Valid from an hour ahead. */
  readonly notYetValid?: boolean;
  /** Issued by a CA that nobody here trusts. */
  readonly otherCa?: boolean;
  /** Extended key usage serverAuth instead of clientAuth. */
  readonly wrongPurpose?: boolean;
}

/** A throw-away PKI, ECDSA P-256: root -> intermediate -> server and clients. */
export interface TestPki extends AsyncDisposable {
  readonly root: string;
  readonly intermediate: string;
  /** Root and intermediate, in this order. */
  readonly chain: string;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly server: TestKeyPair;
  /** Root of the CA behind `otherCa`. */
  readonly otherRoot: string;
  client(options: TestClientOptions): Promise<TestKeyPair>;
  /** Another certificate for the server, with a new key. @param names DNS names; localhost when left out. */
  renewServer(names?: readonly string[]): Promise<TestKeyPair>;
  /** Puts text into the temporary folder. @returns its path. */
  file(name: string, text: string): Promise<string>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hourMs = 3_600_000;

interface Authority {
  readonly keys: webcrypto.CryptoKeyPair;
  readonly certificate: x509.X509Certificate;
}

interface Profile {
  readonly subject: string;
  readonly issuer?: Authority | undefined;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly extensions: readonly x509.Extension[];
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

async function issue(profile: Profile): Promise<Authority> {
  const keys = await newKeys();
  const signer = profile.issuer?.keys ?? keys;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^./, '4'),
    subject: profile.subject,
    issuer: profile.issuer?.certificate.subject ?? profile.subject,
    notBefore: new Date(profile.notBeforeMs ?? Date.now() - hourMs),
    notAfter: new Date(profile.notAfterMs ?? Date.now() + 24 * hourMs),
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...profile.extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
    ],
  });
  return { keys, certificate };
}

const authorityExtensions = (pathLength?: number): x509.Extension[] => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
];

const leafExtensions = (purpose: x509.ExtendedKeyUsage): x509.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
  new x509.ExtendedKeyUsageExtension([purpose]),
];

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;

async function keyPair(leaf: Authority, issuer: Authority): Promise<TestKeyPair> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', leaf.keys.privateKey);
  return {
    cert: pem(leaf.certificate) + pem(issuer.certificate),
    leaf: pem(leaf.certificate),
    key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}

async function authorities(name: string): Promise<{ root: Authority; intermediate: Authority }> {
  const root = await issue({ subject: `CN=${name} Root CA, O=Viaduct`, extensions: authorityExtensions() });
  const intermediate = await issue({
    subject: `CN=${name} Intermediate CA, O=Viaduct`,
    issuer: root,
    extensions: authorityExtensions(0),
  });
  return { root, intermediate };
}

export async function testPki(): Promise<TestPki> {
  const [{ root, intermediate }, other] = await Promise.all([authorities('Test'), authorities('Foreign')]);
  let directory: Promise<string> | undefined; // made for the first file
  const issueServer = async (names: readonly string[] = ['localhost']): Promise<TestKeyPair> =>
    keyPair(
      await issue({
        subject: `CN=${names[0]}, O=Viaduct`,
        issuer: intermediate,
        extensions: [
          ...leafExtensions(x509.ExtendedKeyUsage.serverAuth),
          new x509.SubjectAlternativeNameExtension([
            ...names.map((value) => ({ type: 'dns', value }) as const),
            { type: 'ip', value: '127.0.0.1' },
            { type: 'ip', value: '::1' },
          ]),
        ],
      }),
      intermediate,
    );
  return {
    root: pem(root.certificate),
    intermediate: pem(intermediate.certificate),
    chain: pem(root.certificate) + pem(intermediate.certificate),
    otherRoot: pem(other.root.certificate),
    server: await issueServer(),
    renewServer: issueServer,
    async client({ cn, expired, notYetValid, otherCa, wrongPurpose }) {
      const issuer = otherCa === true ? other.intermediate : intermediate;
      const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
      const leaf = await issue({
        subject: `CN=${cn}, O=Viaduct`,
        issuer,
        ...(expired === true ? { notBeforeMs: Date.now() - 24 * hourMs, notAfterMs: Date.now() - hourMs } : {}),
        ...(notYetValid === true ? { notBeforeMs: Date.now() + hourMs } : {}),
        extensions: leafExtensions(wrongPurpose === true ? serverAuth : clientAuth),
      });
      return keyPair(leaf, issuer);
    },
    async file(name, text) {
      directory ??= mkdtemp(join(tmpdir(), 'viaduct-pki-'));
      const path = join(await directory, name);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    },
    async [Symbol.asyncDispose]() {
      if (directory !== undefined) await rm(await directory, { recursive: true, force: true });
    },
  };
}
