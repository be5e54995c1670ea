import { X509Certificate } from 'node:crypto';
import { printable } from '../../kernel/printable.ts';
import { isIssuedBy } from '../check/check-parts.ts';
import { type CertificateFacts, describeX509 } from '../x509/inspect.ts';
import { keyFingerprint } from '../x509/keys.ts';
import { certificatesIn } from '../x509/pem.ts';
import type { Profile } from '../x509/profile.ts';
import type { LedgerChange, LedgerEntry } from './ledger.ts';

export interface IssuedBy {
  /** Who asked for it. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** PEM of the CAs that may have issued it; undefined ones are passed over. */
  readonly issuers: readonly (string | undefined)[];
}

/** The line of the ledger for a certificate that was issued. @param pem the certificate first. */
export const issuedChange = (pem: string, how: IssuedBy): LedgerChange => ({
  type: 'issued',
  entry: entryOf(pem, how),
});

export function entryOf(pem: string, { by, at, issuers }: IssuedBy): LedgerEntry {
  const certificate = new X509Certificate(pem);
  const facts = describeX509(certificate);
  const issuer = issuers.flatMap(certificatesIn).find((candidate) => isIssuedBy(certificate, candidate));
  return {
    serialNumber: facts.serialNumber,
    profile: profileOf(facts),
    subject: printable(facts.subject),
    names: facts.names.map(printable),
    keyFingerprint: keyFingerprint(certificate.publicKey),
    fingerprint256: facts.fingerprint256,
    issuerKeyFingerprint: issuer === undefined ? '' : keyFingerprint(issuer.publicKey),
    issuedAt: at,
    issuedBy: printable(by),
    notAfter: facts.notAfter,
  };
}

/** Which profile a certificate was made by. */
export function profileOf({ isCa, isSelfIssued, allows }: CertificateFacts): Profile['name'] {
  if (isCa) return isSelfIssued ? 'root' : 'intermediate';
  return allows.serverAuth ? 'server' : 'client';
}
