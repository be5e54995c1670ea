import type { SerialSource } from '../x509/keys.ts';

/** A certificate and its private key, both PEM. */
export interface Credential {
  /** One certificate, without its issuers. */
  readonly certificate: string;
  readonly key: string;
}

/** Who signs. */
export interface Signer {
  /** Undefined for a root, which signs itself. */
  readonly certificate: string | undefined;
  readonly key: string;
}

/** What issuing depends on besides the request. */
export interface IssuingContext {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly serial: SerialSource;
}
