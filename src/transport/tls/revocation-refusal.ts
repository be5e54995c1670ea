import { isoTime } from '../../kernel/clock.ts';
import type { RevocationReason } from '../../pki/revocation/reasons.ts';
import type { ConnectionRefusal } from '../connection-refusal.ts';
import type { RevocationFinding } from './revocation.ts';

/** What of a refused certificate is said. */
export interface NamedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
}

const reasonWords: Readonly<Record<RevocationReason, string>> = {
  unspecified: 'no reason given',
  'key-compromise': 'its key was compromised',
  'ca-compromise': 'the CA was compromised',
  'affiliation-changed': 'its owner changed affiliation',
  superseded: 'it was superseded',
  'cessation-of-operation': 'its owner ceased operation',
  'certificate-hold': 'it is on hold',
  'privilege-withdrawn': 'its privilege was withdrawn',
};

/** Puts a revoked client certificate, or one that must not be taken without a list, into words. */
export function revocationRefusal(finding: RevocationFinding, certificate: NamedCertificate): ConnectionRefusal {
  const shown = `client certificate "${certificate.subject}", serial number ${certificate.serialNumber}, issued by "${certificate.issuer}",`;
  if (finding.kind === 'unknown')
    return {
      reason: 'revocation-unknown',
      detail: `${shown} cannot be checked: there is no current revocation list of "${finding.issuer}", and certificates.revocation.mode is fail-closed; put one into the folder crl`,
    };
  const since = `on ${isoTime(finding.at)} (${reasonWords[finding.reason]})`;
  return {
    reason: 'certificate-revoked',
    detail:
      finding.ca === undefined
        ? `${shown} was revoked ${since}`
        : `${shown} is worth nothing: the CA "${finding.ca}" above it was revoked ${since}`,
  };
}
