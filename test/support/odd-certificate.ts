// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 finds its container there
import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate that no CA here would issue. */
export interface OddCertificate {
  readonly certificate: X509Certificate;
  readonly pem: string;
  /** PEM, PKCS#8. */
  readonly key: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface OddRequest {
  /** Common name. */
  readonly name: string;
  /** Signs itself when left out. */
  readonly issuer?: OddCertificate;
  /** The issuer is named, but this key signs. */
  readonly signedBy?: OddCertificate;
  /** The basic constraints; none when left out. */
  readonly isCa?: boolean;
  readonly pathLength?: number;
  /** None when left out. */
  readonly keyUsage?: number;
  /** Extended key usage; none when left out. */
  readonly uses?: readonly string[];
  readonly names?: readonly string[];
  readonly extensions?: readonly x509.Extension[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly rsaBits?: number;
  readonly hash?: 'SHA-1' | 'SHA-256';
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' } as const;

export async function oddCertificate(request: OddRequest): Promise<OddCertificate> {
  const { name, issuer, keyUsage, isCa, uses, names = [], extensions = [], rsaBits, hash = 'SHA-256' } = request;
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash, publicExponent: new Uint8Array([1, 0, 1]) };
  const keys = await (rsaBits === undefined
    ? webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
    : webcrypto.subtle.generateKey({ ...rsa, modulusLength: rsaBits }, true, ['sign', 'verify']));
  const signer = (request.signedBy ?? issuer)?.keys ?? keys;
  const made = await x509.X509CertificateGenerator.create(
    {
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
        .toString('hex')
        .replace(/^./, '4'),
      subject: `CN=${name}`,
      issuer: issuer === undefined ? `CN=${name}` : new x509.X509Certificate(issuer.pem).subject,
      notBefore: new Date(request.notBefore),
      notAfter: new Date(request.notAfter),
      publicKey: keys.publicKey,
      signingKey: signer.privateKey,
      signingAlgorithm: { name: signer.privateKey.algorithm.name, hash },
      extensions: [
        ...(isCa === undefined ? [] : [new x509.BasicConstraintsExtension(isCa, request.pathLength, true)]),
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- several flags in one number are no member of the enum
        ...(keyUsage === undefined ? [] : [new x509.KeyUsagesExtension(keyUsage, true)]),
        ...(uses === undefined ? [] : [new x509.ExtendedKeyUsageExtension([...uses])]),
        ...(names.length === 0
          ? []
          : [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value })))]),
        ...extensions,
      ],
    },
    webcrypto,
  );
  const pem = `${made.toString('pem')}\n`;
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: new X509Certificate(pem),
    pem,
    key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
    keys,
  };
}
