import { createSecureContext } from 'node:tls';

/**
 * The groups for the key exchange of TLS that the OpenSSL of this Node has, in the same order: X25519MLKEM768, which keeps
 * what is recorded today from the quantum computers of tomorrow, came with OpenSSL 3.5 (Node 22.20 and 24), and one name
 * that is not known spoils a whole list.
 */
export const knownGroups = (groups: readonly string[]): string =>
  (isKnown(groups.join(':')) ? groups : groups.filter(isKnown)).join(':');

function isKnown(groups: string): boolean {
  try {
    createSecureContext({ ecdhCurve: groups });
    return true;
  } catch {
    return false;
  }
}
