import type { KeyObject, X509Certificate } from 'node:crypto';
import { isoTime } from '../../kernel/clock.ts';
import { dayMs } from '../../kernel/duration.ts';
import { ConfigError, type ErrorCode } from '../../kernel/errors.ts';
import type { FileName, Folder } from '../files.ts';
import { type CertificateFacts, describeX509 } from '../x509/inspect.ts';
import { isEncryptedKey, parseCertificates, parsePrivateKey } from '../x509/pem.ts';

/** The certificates of one file, the one that gives the file its name first. */
export interface Bundle {
  readonly name: FileName;
  readonly first: X509Certificate;
  readonly all: readonly X509Certificate[];
  readonly facts: CertificateFacts;
}

/** Ends the start: a message that names the file, says what is wrong with it and what to do. */
export function refuseFile(code: ErrorCode, folder: Folder, name: FileName, problem: string, cure: string): never {
  throw new ConfigError(code, `${folder.path(name)} ${problem}; ${cure}`, { details: { path: folder.path(name) } });
}

/** @returns undefined where the file is not there. @throws ConfigError `certificate-invalid` for a damaged one. */
export function bundleOf(folder: Folder, name: FileName, cure: string): Bundle | undefined {
  const text = folder.text(name);
  if (text === undefined) return undefined;
  const all = parseCertificates(text);
  if (typeof all === 'string') return refuseFile('certificate-invalid', folder, name, all, cure);
  return { name, first: all[0], all, facts: describeX509(all[0]) };
}

/** @returns undefined where the file is not there. @throws ConfigError `key-unreadable` for a damaged one. */
export function keyOf(folder: Folder, name: FileName, cure: string): KeyObject | undefined {
  const text = folder.text(name);
  if (text === undefined) return undefined;
  const key = parsePrivateKey(text);
  return typeof key === 'string' ? refuseFile('key-unreadable', folder, name, key, cure) : key;
}

/**
 * The key of a CA must be the certificate's. One with a passphrase is left alone: starting does not need it.
 * @param certificate undefined where only the key is there. @throws ConfigError `key-unreadable` or `certificate-mismatch`.
 */
export function checkCaKey(folder: Folder, certificate: Bundle | undefined, name: FileName): void {
  if (isEncryptedKey(folder.text(name) ?? '')) return;
  const cure = 'put the right key back, or remove it: only issuing needs it';
  const key = keyOf(folder, name, cure);
  if (key === undefined || certificate === undefined || certificate.first.checkPrivateKey(key)) return;
  refuseFile('certificate-mismatch', folder, name, `is not the key of ${certificate.name}`, cure);
}

/** @throws ConfigError `certificate-expired`, or `certificate-invalid` for one that is not valid yet. */
export function checkValidity(folder: Folder, { name, facts }: Bundle, now: number, cure: string): void {
  if (now > facts.notAfter)
    refuseFile('certificate-expired', folder, name, `expired on ${isoTime(facts.notAfter)} (${facts.subject})`, cure);
  if (now >= facts.notBefore) return;
  const problem = `is not valid before ${isoTime(facts.notBefore)} (${facts.subject}), and the clock says ${isoTime(now)}`;
  refuseFile('certificate-invalid', folder, name, problem, `set the clock of this machine right, or ${cure}`);
}

/** @returns a warning in the last days of a certificate. @param days when to begin with it. */
export function expiryWarning(folder: Folder, { name, facts }: Bundle, now: number, days: number): string[] {
  const left = Math.floor((facts.notAfter - now) / dayMs);
  return left >= 0 && left <= days
    ? [`${folder.path(name)} expires in ${left} ${left === 1 ? 'day' : 'days'} (${isoTime(facts.notAfter)})`]
    : [];
}

/** Issued under this name and key: subject, key identifiers and signature fit. */
export const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** Claims this issuer by name, whether or not the signature is right. */
export const namesAsIssuer = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.issuer === issuer.subject;
