import { constants, createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { AppError, messageOf } from '../kernel/errors.ts';
import { nameLine } from './tls-peer.ts';

/** What a TLS listener needs, all of it PEM. */
export interface TlsMaterial {
  /** The server certificate, followed by its intermediate. */
  readonly cert: string;
  readonly key: string;
  /** Trust anchors for client certificates; an intermediate may stand here without its root. */
  readonly clientCa: string;
}

/** Where listeners get their certificates from, and learn of new ones. */
export interface CertificateSource {
  current(): TlsMaterial;
  /** @returns unsubscribe. */
  onChange(listener: () => void): () => void;
}

/**
 * Holds the certificates of the TLS listeners. New connections use new material at once, open ones live on.
 * @throws AppError `certificate-invalid` or `certificate-mismatch`; a failed `replace` keeps the old material.
 */
export function certificateSource(initial: TlsMaterial): CertificateSource & { replace(next: TlsMaterial): void } {
  validateTlsMaterial(initial);
  let material = initial;
  const listeners = new Set<() => void>();
  return {
    current: () => material,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace(next) {
      validateTlsMaterial(next);
      material = next;
      for (const listener of listeners) listener();
    },
  };
}

/** @throws AppError `certificate-invalid` or `certificate-mismatch`, saying which part is wrong. */
function validateTlsMaterial(material: TlsMaterial): void {
  const leaf = readCertificates(material.cert, 'server certificate')[0];
  readCertificates(material.clientCa, 'trust anchors for client certificates');
  const key = readKey(material.key);
  if (leaf?.checkPrivateKey(key) !== true)
    throw new AppError(
      'certificate-mismatch',
      `the server certificate "${nameLine(leaf?.subject)}" and the server key do not belong together; give the key that was made with it`,
    );
  try {
    serverContext(material, { sessionScope: 'check', sessionSeconds: 1 });
  } catch (cause) {
    throw new AppError('certificate-invalid', `the server certificate cannot be used: ${messageOf(cause)}`, { cause });
  }
}

function readCertificates(pem: string, what: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null)
    throw new AppError('certificate-invalid', `the ${what}: no PEM certificate in it ("-----BEGIN CERTIFICATE-----")`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new AppError(
        'certificate-invalid',
        `the ${what}: certificate ${index + 1} of ${blocks.length} is damaged: ${messageOf(cause)}`,
        { cause },
      );
    }
  });
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new AppError(
      'certificate-invalid',
      `the server key cannot be read: ${messageOf(cause)}; it must be PEM, not encrypted`,
      { cause },
    );
  }
}

/**
 * Forward secrecy and AEAD only, the cheapest first. A client that wants ChaCha20 first has no hardware for AES and
 * gets it.
 */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Without the finite-field groups, which cost the server far more than the client (CVE-2002-20001). */
const curves = 'X25519:P-256:P-384';

/**
 * What sessions must have in common to resume one another: nothing where clients show no certificate, and all that
 * clients are trusted by where they do, so that a session never outlives the trust it began with.
 * @returns 32 characters.
 */
export function sessionScope({ cert: _cert, key: _key, ...trust }: TlsMaterial, requiresCertificate: boolean): string {
  const shared = requiresCertificate ? JSON.stringify(trust) : 'one-way';
  return createHash('sha256').update(shared).digest('hex').slice(0, 32);
}

/**
 * The TLS side of a server: versions 1.2 and 1.3.
 * @param sessions `sessionScope`, at most 32 characters: without one OpenSSL refuses to resume sessions with client
 * certificates; `sessionSeconds`, at most 604,800 (RFC 8446 4.6.1): older ones are not resumed.
 */
export const serverContext = (
  material: TlsMaterial,
  sessions: { readonly sessionScope: string; readonly sessionSeconds: number },
): SecureContext =>
  createSecureContext({
    cert: material.cert,
    key: material.key,
    ca: material.clientCa,
    allowPartialTrustChain: true, // an intermediate in clientCa is an anchor of its own
    minVersion: 'TLSv1.2',
    ciphers,
    ecdhCurve: curves,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA,
    sessionIdContext: sessions.sessionScope,
    sessionTimeout: sessions.sessionSeconds,
  });
