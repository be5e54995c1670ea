import type { Ledger, LedgerEntry } from './ledger.ts';

/**
 * The other certificates of the device that has this one: those for its name, before and after it, those it was renewed
 * from or into, also under another name, and those of the same key. Who has lost a device has lost all of them. A
 * certificate of a server or a CA stands alone: another may be in use while the one that it took the place of is revoked.
 */
export function othersOfDevice(ledger: Ledger, certificate: LedgerEntry): readonly LedgerEntry[] {
  if (certificate.profile !== 'client') return [];
  const clients = [...ledger.values()].filter(({ profile }) => profile === 'client');
  const found = new Map([[certificate.serialNumber, certificate]]);
  const subjects = new Set<string>();
  const keys = new Set<string>();
  const neighbours = new Set<string>();
  let known: number;
  do {
    known = found.size;
    for (const one of found.values()) {
      subjects.add(one.subject);
      keys.add(one.keyFingerprint);
      neighbours.add(one.replacedBy ?? one.serialNumber).add(one.serialNumber);
    }
    for (const one of clients)
      if (
        subjects.has(one.subject) ||
        keys.has(one.keyFingerprint) ||
        neighbours.has(one.serialNumber) ||
        (one.replacedBy !== undefined && neighbours.has(one.replacedBy))
      )
        found.set(one.serialNumber, one);
  } while (found.size > known);
  found.delete(certificate.serialNumber);
  return [...found.values()];
}
