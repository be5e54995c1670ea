import { posix } from 'node:path';
import type { SecretReference } from '../kernel/schema.ts';

/** What a listener trusts, as it is configured. */
export interface ListenerTrust {
  readonly trust?: string | undefined;
  readonly clientCa?: string | undefined;
  readonly name?: string | undefined;
  readonly proxy?: { readonly certificate?: 'ignore' | 'believe' } | undefined;
  readonly psk?: { readonly identities: SecretReference } | undefined;
}

/**
 * Who vouches for the certificates of a listener's clients. Named by the configuration and not by the anchors, so that a
 * CA that is renewed, or overlaps with the next one, is still the same.
 */
export function certificateTrust({ trust, clientCa, name, proxy }: ListenerTrust): string {
  if (trust !== undefined) return `certificate:name:${trust}`;
  if (proxy?.certificate === 'believe') return `certificate:proxy:${name}`; // whatever its CA is, we do not know it
  return clientCa === undefined ? 'certificate:folder' : `certificate:file:${posix.normalize(clientCa)}`;
}

/** Who vouches for its pre-shared keys; never the same as for a certificate. */
export function pskTrust({ trust, psk }: ListenerTrust): string {
  if (trust !== undefined) return `psk:name:${trust}`;
  const { identities } = psk ?? {};
  if (identities === undefined) return 'psk';
  return 'file' in identities ? `psk:file:${posix.normalize(identities.file)}` : `psk:env:${identities.env}`;
}
