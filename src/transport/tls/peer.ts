import type { X509Certificate } from 'node:crypto';
import type { PeerCertificate as NodePeerCertificate, TLSSocket } from 'node:tls';
import type { PeerCertificate, PeerTls } from '../../broker/ports.ts';
import { isPrintable, printable } from '../../kernel/printable.ts';
import { certificateNames } from './certificate-names.ts';

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

/** Each kind of part with its value, or its values where it stands there several times; in the order of the certificate. */
type NodeName = NodePeerCertificate['subject'];

/**
 * A distinguished name as one line, most specific part first (RFC 4514): `CN=client-demo, O=Viaduct`. The order of a
 * certificate begins with the least specific part, except where whoever issued it wrote the common name first.
 */
export function nameLine(name: NodeName): string {
  const parts = Object.entries(name).flatMap(([kind, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => `${kind}=${escapeValue(String(value))}`),
  );
  return printable((parts[0]?.startsWith('CN=') === true ? parts : parts.toReversed()).join(', '));
}

/**
 * The common name, to identify a client by.
 * @returns undefined where there is none, several, or one with control characters: no name is better than a wrong one.
 */
export function commonNameOf({ CN: value }: NodeName): string | undefined {
  return typeof value !== 'string' || value === '' || !isPrintable(value) ? undefined : value;
}

/** RFC 4514 2.4; control characters are escaped with all the rest by `printable`. */
const escapeValue = (value: string): string => value.replace(/[,+"\\<>;]|^[ #]| $/g, String.raw`\$&`);
