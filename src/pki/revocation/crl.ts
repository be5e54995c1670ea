import { X509Certificate } from 'node:crypto';
import { AppError } from '../../kernel/errors.ts';
import type { Credential } from '../issue/signing.ts';
import { extensionIds, maySignCrls, partsOf, subjectKeyId } from '../x509/certificate-parts.ts';
import { contextTag } from '../x509/der.ts';
import { bits, element, enumerated, explicit, integer, octets, oid, sequence, time } from '../x509/der-write.ts';
import { describeX509 } from '../x509/inspect.ts';
import { signerOf } from '../x509/signatures.ts';
import { type RevocationReason, revocationCodes } from './reasons.ts';

export interface RevokedCertificate {
  /** Hex. */
  readonly serialNumber: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason: RevocationReason;
}

export interface CrlRequest {
  readonly issuer: Credential;
  readonly revoked: readonly RevokedCertificate[];
  /** Grows with every list of this issuer (RFC 5280 5.2.3). */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** Milliseconds since the epoch: until then the list counts. */
  readonly nextUpdate: number;
}

/** Makes a revocation list of version 2 (RFC 5280 5). @returns DER. @throws AppError `issuing-refused`. */
export function createCrl({ issuer, revoked, number, thisUpdate, nextUpdate }: CrlRequest): Buffer {
  const certificate = new X509Certificate(issuer.certificate);
  const parts = partsOf(certificate);
  const { subject } = describeX509(certificate);
  const refusal = maySignCrls(parts)
    ? nextUpdate <= thisUpdate && 'it would end before it begins'
    : 'its key usage does not allow that (RFC 5280 4.2.1.3, cRLSign); have the CA certified again with cRLSign';
  if (refusal !== false) throw new AppError('issuing-refused', `no revocation list of ${subject} is made: ${refusal}`);
  const { algorithm, sign } = signerOf(issuer.key);
  const keyId = subjectKeyId(parts);
  const extensions = sequence(
    ...(keyId === undefined
      ? []
      : [extension(extensionIds.authorityKeyId, sequence(element(contextTag(0, false), Buffer.from(keyId, 'hex'))))]),
    extension(extensionIds.crlNumber, integer(number)),
  );
  const content = sequence(
    integer(1),
    algorithm,
    parts.subject.raw,
    time(thisUpdate),
    time(nextUpdate),
    ...(revoked.length === 0 ? [] : [sequence(...revoked.map(entry))]),
    explicit(0, extensions),
  );
  return sequence(content, algorithm, bits(sign(content)));
}

const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), octets(value));

/** RFC 5280 5.3.1: an unspecified reason is said by none. */
const entry = ({ serialNumber, at, reason }: RevokedCertificate): Buffer =>
  sequence(
    integer(serialNumber),
    time(at),
    ...(reason === 'unspecified'
      ? []
      : [sequence(extension(extensionIds.crlReason, enumerated(revocationCodes[reason])))]),
  );
