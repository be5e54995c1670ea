import type { X509Certificate } from 'node:crypto';
import type { PeerCertificate as NodePeerCertificate, TLSSocket } from 'node:tls';
import type { PeerCertificate, PeerTls } from '../../broker/ports.ts';
import { printable } from '../../kernel/printable.ts';
import { certificateNames } from './certificate-names.ts';
import { commonNameOf, nameLine } from './distinguished-name.ts';

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
 * @param certificate the older of Node's two forms: it is there already where the other has to be decoded anew, which costs
 * as much as a signature.
 * @param reread gives the certificate again, so that it need not be kept for names that may never be asked for.
 */
export const peerCertificate = (
  certificate: NodePeerCertificate,
  reread: () => X509Certificate | undefined,
): PeerCertificate => ({
  subject: nameLine(certificate.subject),
  issuer: nameLine(certificate.issuer),
  commonName: commonNameOf(certificate.subject),
  serialNumber: certificate.serialNumber,
  fingerprint256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  validTo: Date.parse(certificate.valid_to),
  names: () => certificateNames(reread()),
  pem: () => reread()?.toString(),
});
