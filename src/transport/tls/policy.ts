import { pskCiphers } from './psk.ts';

/** Presets of versions and ciphers, by what clients they are for. */
export type TlsPreset = 'modern' | 'intermediate' | 'compatible';

/** Versions and ciphers that a listener speaks. */
export interface TlsPolicy {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's names, joined by colons; the server's order counts. */
  readonly ciphers: string;
  /** For the key exchange, the first one first; where this OpenSSL lacks one, the others count. */
  readonly groups: readonly string[];
}

/** The cheapest first. */
const tls13Ciphers = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const;

/** Forward secrecy and AEAD only. */
const authenticated = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const;

/**
 * For devices whose TLS 1.2 has no GCM: CCM of small microcontrollers, and CBC of stacks from before 2014. Still with
 * forward secrecy; CBC in TLS 1.2 needs care in the implementation (Lucky 13), which OpenSSL takes.
 */
const older = [
  'ECDHE-ECDSA-AES128-CCM',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
] as const;

/** All that may be named in `ciphers`. */
const knownCiphers: readonly string[] = [...tls13Ciphers, ...authenticated, ...older];

const presets: Readonly<
  Record<TlsPreset, { readonly minVersion: '1.2' | '1.3'; readonly ciphers: readonly string[] }>
> = {
  modern: { minVersion: '1.3', ciphers: tls13Ciphers },
  intermediate: { minVersion: '1.2', ciphers: [...tls13Ciphers, ...authenticated] },
  compatible: { minVersion: '1.2', ciphers: [...tls13Ciphers, ...authenticated, ...older] },
};

/** Without the finite-field groups, which cost the server far more than the client (CVE-2002-20001). */
const groups = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'] as const;

/** What a listener speaks: a preset, but for what is said otherwise. */
export function tlsPolicy(options: {
  readonly preset: TlsPreset;
  readonly minVersion?: '1.2' | '1.3' | undefined;
  readonly ciphers?: readonly string[] | undefined;
}): TlsPolicy {
  const preset = presets[options.preset];
  const minVersion = options.minVersion ?? preset.minVersion;
  return {
    minVersion: `TLSv${minVersion}`,
    ciphers: (options.ciphers ?? preset.ciphers).join(':'),
    groups: options.preset === 'compatible' ? [...groups, 'P-521'] : groups,
  };
}

/** Clients that have a key say so by these ciphers, so they come first (RFC 4279). */
export const withPskCiphers = (policy: TlsPolicy): TlsPolicy => ({
  ...policy,
  ciphers: policy.minVersion === 'TLSv1.3' ? policy.ciphers : [...pskCiphers, policy.ciphers].join(':'),
});

export const defaultTlsPolicy: TlsPolicy = tlsPolicy({ preset: 'intermediate' });

/** Ciphers with known attacks, or without keys that are forgotten after the connection. */
const weaknesses: readonly (readonly [RegExp, string])[] = [
  [/RC4|3DES|DES-CBC|NULL|EXP|MD5|SEED|IDEA|RC2/, 'is broken'],
  [/ADH|AECDH|anon/i, 'does not tell the client who the server is'],
  [/PSK/, 'belongs to pre-shared keys; those come with `psk`'],
  [/^(DHE|EDH)-/, 'lets a client make the server compute far more than itself (CVE-2002-20001); use ECDHE'],
  [/^(AES|CAMELLIA|ARIA)\d|_RSA_WITH_/, 'has no forward secrecy: who gets the key later reads all of today'],
];

/** Why a cipher cannot be had. @returns undefined where it can. */
export function cipherProblem(name: string): string | undefined {
  if (knownCiphers.includes(name)) return undefined;
  const weakness = weaknesses.find(([pattern]) => pattern.test(name))?.[1];
  return `"${name}" ${weakness ?? 'is no cipher that can be used here'}; there are ${knownCiphers.join(', ')}`;
}

/** Why versions and ciphers do not fit together. @returns undefined where they do. */
export function policyProblem(options: {
  readonly preset: TlsPreset;
  readonly minVersion?: '1.2' | '1.3' | undefined;
  readonly ciphers?: readonly string[] | undefined;
}): { readonly field: 'minVersion' | 'ciphers'; readonly message: string } | undefined {
  const { preset, minVersion, ciphers } = options;
  if (preset === 'modern' && minVersion === '1.2')
    return { field: 'minVersion', message: 'preset modern is TLS 1.3 only; use preset intermediate for TLS 1.2' };
  if (ciphers === undefined || ciphers.some((name) => cipherProblem(name) !== undefined)) return undefined;
  const isOnly13 = (minVersion ?? presets[preset].minVersion) === '1.3';
  const isFor13 = (name: string): boolean => name.startsWith('TLS_');
  const refuse = (message: string) => ({ field: 'ciphers', message }) as const;
  if (!ciphers.some(isFor13))
    return refuse(`no cipher for TLS 1.3 is left, and 1.3 would be off; add ${tls13Ciphers.join(', ')} or one of them`);
  const useless = ciphers.find((name) => !isFor13(name));
  if (isOnly13 && useless !== undefined)
    return refuse(`"${useless}" is for TLS 1.2, which is off here; take it out, or use minVersion "1.2"`);
  if (!isOnly13 && useless === undefined)
    return refuse('no cipher for TLS 1.2 is left; say minVersion "1.3" if only TLS 1.3 is wanted');
  return undefined;
}
