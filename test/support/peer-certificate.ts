import type { CertificateNames, PeerCertificate } from '../../src/broker/ports.ts';

/** A client certificate with these names, as the transport hands it over. */
export function certificateWith(names: Partial<CertificateNames>): PeerCertificate {
  const all: CertificateNames = {
    commonNames: [],
    organizations: [],
    organizationalUnits: [],
    dnsNames: [],
    emails: [],
    uris: [],
    ...names,
  };
  const [commonName] = all.commonNames;
  const isClean = all.commonNames.length === 1 && commonName !== '' && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(commonName!);
  return {
    subject: `CN=${all.commonNames.map((name) => JSON.stringify(name).slice(1, -1)).join(', CN=')}`,
    issuer: 'CN=Test Intermediate CA',
    commonName: isClean ? commonName : undefined,
    serialNumber: '4A0B',
    fingerprint256: 'ab'.repeat(32),
    validTo: Date.UTC(2030, 0, 1),
    names: () => all,
    pem: () => undefined,
  };
}
