import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { PeerCertificate, PeerTls } from '../broker/ports.ts';
import { certificateNames, unescapeName } from './certificate-names.ts';
import { printable } from './refusal.ts';

/** The TLS facts of a finished handshake. @param certificate the client's, if it verified. */
export function peerTls(socket: TLSSocket, certificate: PeerCertificate | undefined): PeerTls {
  const cipher = socket.getCipher();
  const { servername } = socket; // false where the client sent none
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: cipher.standardName ?? cipher.name,
    servername: typeof servername === 'string' && servername !== '' ? printable(servername) : undefined,
    isResumed: socket.isSessionReused(),
    certificate,
  };
}

/**
 * Reads what logs and identity need of a certificate.
 * @param reread gives the certificate again, so that it need not be kept for names that may never be asked for.
 */
export const peerCertificate = (
  certificate: X509Certificate,
  reread: () => X509Certificate | undefined,
): PeerCertificate => ({
  subject: nameLine(certificate.subject),
  issuer: nameLine(certificate.issuer),
  commonName: commonNameOf(certificate.subject),
  serialNumber: certificate.serialNumber,
  fingerprint256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  validTo: Date.parse(certificate.validTo),
  names: () => certificateNames(reread()),
});

/**
 * A distinguished name as one line, most specific part first (RFC 4514): `CN=client-demo, O=Viaduct`.
 * Node gives one part a line in the order of the certificate, escaped as RFC 4514 2.4 asks. That order begins with the
 * least specific part, except where whoever issued it wrote the common name first.
 */
export function nameLine(name: string | undefined): string {
  const parts = (name ?? '').split('\n');
  return printable((name?.startsWith('CN=') === true ? parts : parts.toReversed()).join(', '));
}

/**
 * The common name, unescaped, to identify a client by.
 * @returns undefined where there is none, several, or one with control characters: no name is better than a wrong one.
 */
export function commonNameOf(subject: string | undefined): string | undefined {
  // A part of several values is joined by " + "; within a value the plus sign is escaped.
  const names = (subject ?? '').split(/\n| \+ /).filter((part) => part.startsWith('CN='));
  const [name] = names;
  if (name === undefined || names.length > 1) return undefined;
  const value = unescapeName(name.slice('CN='.length));
  return value === '' || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value) ? undefined : value;
}
