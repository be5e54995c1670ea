import type { Issued } from '../pki/folder/operations.ts';

/** Why there is no certificate; `unavailable` is the only one that is our fault. */
export type RefusalKind = 'malformed' | 'unauthenticated' | 'forbidden' | 'busy' | 'unavailable';

export interface EnrollmentRefusal {
  readonly kind: RefusalKind;
  /** A sentence for whoever asked: what is wrong and what to do. */
  readonly reason: string;
}

export type EnrollmentOutcome = { readonly kind: 'issued'; readonly issued: Issued } | EnrollmentRefusal;

/** How somebody shows that he may ask. */
export type EnrollmentCredential =
  | {
      readonly kind: 'token';
      readonly text: string;
      /** Undefined where none was given; otherwise it must be the name that is asked for. */
      readonly userName: string | undefined;
    }
  | {
      readonly kind: 'certificate';
      /** The leaf that the TLS connection has verified. */
      readonly pem: string;
    };

/** A request for a certificate, whichever way it came. */
export interface EnrollmentRequest {
  readonly via: 'est' | 'mqtt';
  /** Who asks, for log lines and limits: an address, or a client id. */
  readonly peer: string;
  /** PEM or DER. */
  readonly csr: Buffer;
  readonly credential: EnrollmentCredential | undefined;
  /** Asked for, as a duration such as `30d`. */
  readonly lifetime: string | undefined;
  /** Again for the same identity, which only its certificate can ask for. */
  readonly isRenewal: boolean;
}
