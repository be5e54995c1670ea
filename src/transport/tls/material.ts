import type { OwnMaterial } from './own-certificates.ts';
import type { RevocationCheck } from './revocation.ts';
import type { Staples } from './stapling-hook.ts';

/** What a TLS listener needs, all of it PEM. */
export interface TlsMaterial {
  /** The server certificate, followed by its intermediate. */
  readonly cert: string;
  readonly key: string;
  /** Trust anchors for client certificates; an intermediate may stand here without its root. */
  readonly clientCa: string;
  /** Whether connections are closed when the client certificate that they began with ends. */
  readonly closesExpired?: boolean | undefined;
  /** Says which client certificates are revoked; none when left out. */
  readonly revocation?: RevocationCheck | undefined;
  /** What to staple; left out where no certificate has a responder, so that a handshake does not ask at all. */
  readonly staples?: Staples | undefined;
  /** What listeners have of their own, by their name, so that one swap renews them all; see `materialOf`. */
  readonly own?: ReadonlyMap<string, OwnMaterial> | undefined;
}
