import type { PeerCertificate } from '../../broker/ports.ts';
import { NetworkMap } from '../../kernel/network-map.ts';
import { certificateKey, isStillBanned } from './ban.ts';
import type { Ban } from './schema.ts';

/** What is known of a client that a ban may speak of. */
export interface Suspect {
  readonly clientId?: string | undefined;
  readonly users?: readonly (string | undefined)[];
  readonly address?: string | undefined;
  readonly certificate?: PeerCertificate | undefined;
}

/** Bans by whom they speak of. Asking costs the same however many there are. */
export interface BanIndex {
  readonly size: number;
  /** @param nowMs since the epoch @returns the ban; undefined where there is none, or it has ended */
  find(suspect: Suspect, nowMs: number): Ban | undefined;
}

/** Where several speak of the same, the first that has not ended counts. */
export function banIndex(bans: readonly Ban[]): BanIndex {
  const clientIds = new Map<string, Ban[]>();
  const users = new Map<string, Ban[]>();
  const certificates = new Map<string, Ban[]>();
  const networks = new NetworkMap<Ban>();
  for (const ban of bans) {
    if (ban.clientId !== undefined) add(clientIds, ban.clientId, ban);
    if (ban.user !== undefined) add(users, ban.user, ban);
    if (ban.certificate !== undefined) add(certificates, certificateKey(ban.certificate), ban);
    if (ban.address !== undefined) networks.add(ban.address, ban);
  }
  return {
    size: bans.length,
    find({ clientId, users: names = [], address, certificate }, nowMs) {
      const counts = (ban: Ban): boolean => isStillBanned(ban, nowMs);
      const about = [
        ...listOf(clientIds, clientId),
        ...names.flatMap((user) => listOf(users, user)),
        ...(certificate === undefined ? [] : keysOf(certificate).flatMap((key) => listOf(certificates, key))),
      ];
      return about.find(counts) ?? (address === undefined ? undefined : networks.find(address, counts));
    },
  };
}

function add(map: Map<string, Ban[]>, key: string, ban: Ban): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [ban]);
  else list.push(ban);
}

const listOf = (map: ReadonlyMap<string, readonly Ban[]>, key: string | undefined): readonly Ban[] =>
  key === undefined ? [] : (map.get(key) ?? []);

const keysOf = ({ fingerprint256, serialNumber: serial, issuer }: PeerCertificate): readonly string[] => [
  certificateKey(fingerprint256),
  certificateKey({ serial, issuer }),
];
