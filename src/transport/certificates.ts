import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
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
    serverContext(material, 'check');
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

/** Forward secrecy and AEAD only. The client picks among them: it knows what its hardware is good at. */
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

/**
 * The TLS side of a server: versions 1.2 and 1.3. Each context has ticket keys of its own, so a session resumes only
 * where, and under the trust anchors with which, it began.
 * @param sessionIdContext at most 32 characters; without one OpenSSL refuses to resume sessions with client certificates.
 */
export const serverContext = (material: TlsMaterial, sessionIdContext: string): SecureContext =>
  createSecureContext({
    cert: material.cert,
    key: material.key,
    ca: material.clientCa,
    allowPartialTrustChain: true, // an intermediate in clientCa is an anchor of its own
    minVersion: 'TLSv1.2',
    ciphers,
    sessionIdContext,
  });
