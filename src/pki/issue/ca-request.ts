import type { KeyType } from '../x509/keys.ts';
import type { NameConstraints } from '../x509/name-constraints.ts';

/** What may be said of a CA; the rest has defaults. Times are milliseconds since the epoch. */
export interface CaRequest {
  /** `Viaduct` when left out. */
  readonly organization?: string;
  readonly commonName?: string;
  /** EC P-256 when left out; unused where a key is given. */
  readonly keyType?: KeyType;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** How many CAs may stand below (RFC 5280 4.2.1.9): for an intermediate 0 when left out. */
  readonly pathLength?: number;
  /** The names that it, and what stands below it, may certify. */
  readonly constraints?: NameConstraints;
  /** Where the revocation list of its issuer is published. */
  readonly crlUrls?: readonly string[];
}

/** How a CA and what it issues are made, where not by default. */
export interface NewCa extends Pick<CaRequest, 'organization' | 'keyType' | 'constraints'> {
  /** The keys of root and intermediate are encrypted with it. */
  readonly passphrase?: string | undefined;
}

/** Addresses of the revocation list of a CA. @param name of its files. */
export const crlUrlsOf = (crlUrl: string | undefined, name: 'root-ca' | 'intermediate-ca'): readonly string[] =>
  crlUrl === undefined ? [] : [`${crlUrl.replace(/\/$/, '')}/${name}.crl`];
