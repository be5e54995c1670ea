import type { Peer } from '../../broker/ports.ts';

/** How a client is connected, as services are told. What it does not have is left out. */
export function peerFields({ listener, protocol, address, tls }: Peer): object {
  const certificate = tls?.certificate;
  return {
    listener,
    protocol,
    peerhost: address,
    tls: tls && { version: tls.version, servername: tls.servername, psk_identity: tls.pskIdentity },
    certificate: certificate && {
      common_name: certificate.commonName,
      subject: certificate.subject,
      issuer: certificate.issuer,
      serial_number: certificate.serialNumber,
      fingerprint256: certificate.fingerprint256,
    },
  };
}
