import { dayMs } from '../../kernel/duration.ts';

/** What a key may be used for (RFC 5280 4.2.1.3). */
export type KeyUse = 'digitalSignature' | 'keyCertSign' | 'cRLSign';
/** What a certificate may be used for (RFC 5280 4.2.1.12). */
export type ExtendedUse = 'serverAuth' | 'clientAuth';

/** One kind of certificate: everything about it that does not depend on who it is for. */
export interface Profile {
  readonly name: 'root' | 'intermediate' | 'server' | 'client';
  readonly isCa: boolean;
  /** How many CAs may stand below this one (RFC 5280 4.2.1.9); undefined is no limit. */
  readonly pathLength: number | undefined;
  readonly lifetimeMs: number;
  readonly keyUses: readonly KeyUse[];
  readonly extendedUses: readonly ExtendedUse[];
  /** A certificate without an alternative name is refused by every client of today. */
  readonly needsAltNames: boolean;
}

const authority = { isCa: true, keyUses: ['keyCertSign', 'cRLSign'], extendedUses: [], needsAltNames: false } as const;
const leaf = { isCa: false, pathLength: undefined, lifetimeMs: 365 * dayMs, keyUses: ['digitalSignature'] } as const;

/** The certificates that are made here. */
export const profiles = {
  root: { ...authority, name: 'root', pathLength: undefined, lifetimeMs: 3_650 * dayMs },
  intermediate: { ...authority, name: 'intermediate', pathLength: 0, lifetimeMs: 1_825 * dayMs },
  server: { ...leaf, name: 'server', extendedUses: ['serverAuth'], needsAltNames: true },
  client: { ...leaf, name: 'client', extendedUses: ['clientAuth'], needsAltNames: false },
} as const satisfies Record<Profile['name'], Profile>;
