import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  pbkdf2Sync,
  randomBytes,
  type X509Certificate,
} from 'node:crypto';
import forge from 'node-forge';
import { bmpString, derNull, explicit, implicit, integer, octets, oid, sequence, set } from './der-write.ts';
import { describeX509 } from './inspect.ts';

const { pkcs12, util, md } = forge;

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  /** By this attribute, with any extended key usage as its value, Java knows a certificate that it may trust. */
  javaTrusted: '2.16.840.1.113894.746875.1.1',
  anyUsage: '2.5.29.37.0',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** Key derivation rounds of bags and MAC: what OpenJDK 17 writes. */
const iterations = 10_000;
/** Purpose byte of a MAC key (RFC 7292 B.3). */
const macKeyId = 3;

export interface Pkcs12Request {
  /** PEM of the private key, of any type. */
  readonly key: string;
  /** The certificate of the key first, then its issuers up to the root. */
  readonly chain: readonly X509Certificate[];
  /** What programs list the entry as; Java calls it the alias. */
  readonly friendlyName: string;
  readonly password: string;
  /** Random octets for salts and initialization vectors. */
  readonly random?: (size: number) => Buffer;
}

/**
 * Writes a key and its certificates as PKCS#12 (RFC 7292), with AES-256-CBC, PBKDF2-HMAC-SHA256 and an HMAC-SHA256 MAC:
 * what OpenSSL 3, OpenJDK 17 and NSS (Firefox, Chromium) read without options for old algorithms.
 * Built from ASN.1 pieces, because node-forge's own writer takes RSA keys only.
 */
export function createPkcs12(request: Pkcs12Request): Buffer {
  const random = request.random ?? randomBytes;
  const leaf = request.chain[0];
  if (leaf === undefined) throw new TypeError('a PKCS#12 file needs the certificate of its key');
  const keyId = createHash('sha1').update(leaf.raw).digest(); // links key and certificate; not a security measure
  const own = set(friendlyName(request.friendlyName), attribute(oids.localKeyId, octets(keyId)));

  const certificates = request.chain.map((certificate, index) =>
    safeBag(oids.certBag, certBag(certificate), index === 0 ? own : set(friendlyName(nameOf(certificate)))),
  );
  const key = pbes2(createPrivateKey(request.key).export({ type: 'pkcs8', format: 'der' }), request.password, random);
  const keyBag = safeBag(oids.shroudedKeyBag, sequence(key.algorithm, octets(key.ciphertext)), own);
  const contents = sequence(
    encryptedContent(pbes2(sequence(...certificates), request.password, random)),
    dataContent(sequence(keyBag)),
  );
  return protectedBy(request.password, contents, random);
}

export interface TrustStoreRequest {
  /** What may be trusted, each listed as an entry of its own. */
  readonly certificates: readonly X509Certificate[];
  readonly password: string;
  /** Random octets for salts and initialization vectors. */
  readonly random?: (size: number) => Buffer;
}

/** Writes certificates without a key as PKCS#12 that Java lists as `trustedCertEntry`, under their common names. */
export function createTrustStore({ certificates, password, random = randomBytes }: TrustStoreRequest): Buffer {
  const taken = new Set<string>();
  const bags = certificates.map((certificate) => {
    const plain = nameOf(certificate).toLowerCase(); // Java compares aliases without case, and keeps the last of two
    const alias = taken.has(plain) ? `${plain} (${certificate.serialNumber.toLowerCase()})` : plain;
    taken.add(alias);
    const trusted = attribute(oids.javaTrusted, oid(oids.anyUsage));
    return safeBag(oids.certBag, certBag(certificate), set(friendlyName(alias), trusted));
  });
  return protectedBy(password, sequence(encryptedContent(pbes2(sequence(...bags), password, random))), random);
}

/** RFC 7292 4, PFX: the contents and the MAC over them. */
const protectedBy = (password: string, contents: Buffer, random: (size: number) => Buffer): Buffer =>
  sequence(integer(3), dataContent(contents), macData(contents, password, random));

interface Encrypted {
  readonly algorithm: Buffer;
  readonly ciphertext: Buffer;
}

/** PBES2 (RFC 8018 6.2) with PBKDF2-HMAC-SHA256 and AES-256-CBC. */
function pbes2(content: Buffer, password: string, random: (size: number) => Buffer): Encrypted {
  const salt = random(16);
  const iv = random(16);
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password, salt, iterations, 32, 'sha256'), iv);
  const prf = sequence(oid(oids.hmacSha256), derNull());
  const derivation = sequence(oid(oids.pbkdf2), sequence(octets(salt), integer(iterations), integer(32), prf));
  return {
    algorithm: sequence(oid(oids.pbes2), sequence(derivation, sequence(oid(oids.aes256Cbc), octets(iv)))),
    ciphertext: Buffer.concat([cipher.update(content), cipher.final()]),
  };
}

/** RFC 7292 4, MacData. */
function macData(contents: Buffer, password: string, random: (size: number) => Buffer): Buffer {
  const salt = random(16);
  const saltBuffer = util.createBuffer(salt.toString('binary'));
  const key = pkcs12.generateKey(password, saltBuffer, macKeyId, iterations, 32, md.sha256.create());
  const digest = createHmac('sha256', Buffer.from(key.getBytes(), 'binary')).update(contents).digest();
  return sequence(sequence(sequence(oid(oids.sha256), derNull()), octets(digest)), octets(salt), integer(iterations));
}

const certBag = (certificate: X509Certificate): Buffer =>
  sequence(oid(oids.x509Certificate), explicit(0, octets(certificate.raw)));

const safeBag = (type: string, value: Buffer, attributes: Buffer): Buffer =>
  sequence(oid(type), explicit(0, value), attributes);

const friendlyName = (name: string): Buffer => attribute(oids.friendlyName, bmpString(name));

const attribute = (type: string, value: Buffer): Buffer => sequence(oid(type), set(value));

const dataContent = (content: Buffer): Buffer => sequence(oid(oids.data), explicit(0, octets(content)));

const encryptedContent = ({ algorithm, ciphertext }: Encrypted): Buffer =>
  sequence(
    oid(oids.encryptedData),
    explicit(0, sequence(integer(0), sequence(oid(oids.data), algorithm, implicit(0, ciphertext)))),
  );

const nameOf = (certificate: X509Certificate): string => {
  const { commonName, subject } = describeX509(certificate);
  return commonName ?? subject;
};
