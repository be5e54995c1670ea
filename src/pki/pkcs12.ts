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
import { describeX509 } from './inspect.ts';

type Asn1 = forge.asn1.Asn1;
const { asn1, pkcs12, util, md } = forge;

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
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
  const own = bagAttributes(request.friendlyName, keyId);

  const encrypt = (content: Buffer) => pbes2(content, request.password, random);
  const certificates = request.chain.map((certificate, index) =>
    safeBag(oids.certBag, certBag(certificate), index === 0 ? own : bagAttributes(nameOf(certificate))),
  );
  const key = encrypt(createPrivateKey(request.key).export({ type: 'pkcs8', format: 'der' }));
  const keyBag = safeBag(oids.shroudedKeyBag, sequence(key.algorithm, octets(key.ciphertext)), own);

  const contents = der(
    sequence(encryptedContent(encrypt(der(sequence(...certificates)))), dataContent(der(sequence(keyBag)))),
  );
  return der(sequence(integer(3), dataContent(contents), macData(contents, request.password, random)));
}

interface Encrypted {
  readonly algorithm: Asn1;
  readonly ciphertext: Buffer;
}

/** PBES2 (RFC 8018 6.2) with PBKDF2-HMAC-SHA256 and AES-256-CBC. */
function pbes2(content: Buffer, password: string, random: (size: number) => Buffer): Encrypted {
  const salt = random(16);
  const iv = random(16);
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password, salt, iterations, 32, 'sha256'), iv);
  const prf = sequence(oid(oids.hmacSha256), nothing());
  const derivation = sequence(oid(oids.pbkdf2), sequence(octets(salt), integer(iterations), integer(32), prf));
  return {
    algorithm: sequence(oid(oids.pbes2), sequence(derivation, sequence(oid(oids.aes256Cbc), octets(iv)))),
    ciphertext: Buffer.concat([cipher.update(content), cipher.final()]),
  };
}

/** RFC 7292 4, MacData. */
function macData(contents: Buffer, password: string, random: (size: number) => Buffer): Asn1 {
  const salt = random(16);
  const saltBuffer = util.createBuffer(salt.toString('binary'));
  const key = pkcs12.generateKey(password, saltBuffer, macKeyId, iterations, 32, md.sha256.create());
  const digest = createHmac('sha256', Buffer.from(key.getBytes(), 'binary')).update(contents).digest();
  return sequence(sequence(sequence(oid(oids.sha256), nothing()), octets(digest)), octets(salt), integer(iterations));
}

const certBag = (certificate: X509Certificate): Asn1 =>
  sequence(oid(oids.x509Certificate), explicit(octets(certificate.raw)));

const safeBag = (type: string, value: Asn1, attributes: Asn1): Asn1 => sequence(oid(type), explicit(value), attributes);

/** @param keyId on the key and its own certificate, so that programs know which belongs to which. */
function bagAttributes(friendlyName: string, keyId?: Buffer): Asn1 {
  const name = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BMPSTRING, false, friendlyName); // toDer() makes it UTF-16
  const attributes = [attribute(oids.friendlyName, name)];
  if (keyId !== undefined) attributes.push(attribute(oids.localKeyId, octets(keyId)));
  return set(...attributes);
}

const attribute = (type: string, value: Asn1): Asn1 => sequence(oid(type), set(value));

const dataContent = (content: Buffer): Asn1 => sequence(oid(oids.data), explicit(octets(content)));

function encryptedContent({ algorithm, ciphertext }: Encrypted): Asn1 {
  const content = asn1.create(asn1.Class.CONTEXT_SPECIFIC, asn1.Type.NONE, false, ciphertext.toString('binary'));
  const info = sequence(oid(oids.data), algorithm, content);
  return sequence(oid(oids.encryptedData), explicit(sequence(integer(0), info)));
}

const nameOf = (certificate: X509Certificate): string => {
  const { commonName, subject } = describeX509(certificate);
  return commonName ?? subject;
};

const constructed = (type: forge.asn1.Type, parts: Asn1[]): Asn1 =>
  asn1.create(asn1.Class.UNIVERSAL, type, true, parts);
const primitive = (type: forge.asn1.Type, value: Buffer): Asn1 =>
  asn1.create(asn1.Class.UNIVERSAL, type, false, value.toString('binary'));
const sequence = (...parts: Asn1[]): Asn1 => constructed(asn1.Type.SEQUENCE, parts);
const set = (...parts: Asn1[]): Asn1 => constructed(asn1.Type.SET, parts);
const explicit = (value: Asn1): Asn1 => asn1.create(asn1.Class.CONTEXT_SPECIFIC, asn1.Type.NONE, true, [value]);
const octets = (value: Buffer): Asn1 => primitive(asn1.Type.OCTETSTRING, value);
const nothing = (): Asn1 => primitive(asn1.Type.NULL, Buffer.alloc(0));
const integer = (value: number): Asn1 =>
  primitive(asn1.Type.INTEGER, Buffer.from(asn1.integerToDer(value).getBytes(), 'binary'));
const oid = (value: string): Asn1 => primitive(asn1.Type.OID, Buffer.from(asn1.oidToDer(value).getBytes(), 'binary'));
const der = (value: Asn1): Buffer => Buffer.from(asn1.toDer(value).getBytes(), 'binary');
