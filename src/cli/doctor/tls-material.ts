import type { PemFile } from './tls-client.ts';

/** Why something cannot be tried, for the report. */
export interface Missing {
  readonly missing: string;
}

/** Absolute paths of a client certificate and its key. */
export interface ClientFiles {
  readonly cert: string;
  readonly key: string;
}

/** A client as PEM texts, or as files where it has some. */
export interface PemIdentity {
  readonly leaf: string | PemFile;
  readonly key: string | PemFile;
  /** `''` for none. */
  readonly issuers: string;
}
