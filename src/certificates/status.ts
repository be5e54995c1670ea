import { basename } from 'node:path';
import { crlFolderName } from '../pki/folder/ca-folder.ts';
import type { Ledger, LedgerEntry } from '../pki/folder/ledger.ts';
import { type CertificateInUse, expiresSoon } from './expiry.ts';
import type { LoadedCertificates } from './load.ts';

/** A revocation list that is used, or was found and cannot be. Times are milliseconds since the epoch. */
export interface RevocationListInUse {
  /** E.g. `crl/intermediate-ca.pem`. */
  readonly file: string;
  readonly issuer: string;
  readonly entries: number;
  readonly state: string;
  readonly thisUpdate: number;
  /** Undefined where the list does not say. */
  readonly nextUpdate: number | undefined;
}

/** Client certificates that were issued here and count now. */
export interface ClientCertificates {
  readonly valid: number;
  /** Those in the last third of their life, or their last 30 days, that were not replaced yet; the first to end at the front. */
  readonly expiring: readonly LedgerEntry[];
  /** Those whose CA was replaced by one with another key; they are refused once that CA is no longer trusted. */
  readonly onOldAuthority: readonly LedgerEntry[];
}

export interface CertificateStatus {
  readonly now: number;
  readonly certificates: readonly CertificateInUse[];
  readonly revocationLists: readonly RevocationListInUse[];
  readonly clients: ClientCertificates;
}

export const noClients: ClientCertificates = { valid: 0, expiring: [], onOldAuthority: [] };

export const certificateStatus = (
  loaded: LoadedCertificates | undefined,
  clients: ClientCertificates,
  now: number,
): CertificateStatus => ({
  now,
  certificates: loaded?.inUse ?? [],
  revocationLists:
    loaded?.crls?.states.map(({ path, issuer, entries, state, thisUpdate, nextUpdate }) => ({
      file: `${crlFolderName}/${basename(path)}`,
      issuer,
      entries,
      // a list that ends while it is in use is read no more often than it changes
      state: state === 'current' && nextUpdate !== undefined && nextUpdate < now ? 'expired' : state,
      thisUpdate,
      nextUpdate,
    })) ?? [],
  clients,
});

/** Everything that ends some day, certificates and lists, for the watch over it. */
export const endingOf = ({ certificates, revocationLists }: CertificateStatus): readonly CertificateInUse[] => [
  ...certificates,
  ...revocationLists.flatMap(({ file, issuer, thisUpdate, nextUpdate }) =>
    nextUpdate === undefined
      ? []
      : [{ file, subject: `revocation list of ${issuer}`, notBefore: thisUpdate, notAfter: nextUpdate }],
  ),
];

/** Looks through the ledger. @param currentKeys fingerprints of the keys of the CAs that issue now. */
export function clientCertificates(ledger: Ledger, currentKeys: ReadonlySet<string>, now: number): ClientCertificates {
  const valid = [...ledger.values()].filter(
    ({ profile, notAfter, revokedAt, replacedBy }) =>
      profile === 'client' && notAfter >= now && revokedAt === undefined && replacedBy === undefined,
  );
  return {
    valid: valid.length,
    expiring: valid
      .filter(({ issuedAt, notAfter }) => expiresSoon({ notBefore: issuedAt, notAfter }, now))
      .sort((a, b) => a.notAfter - b.notAfter),
    onOldAuthority: valid.filter(({ issuerKeyFingerprint }) => !currentKeys.has(issuerKeyFingerprint)),
  };
}
