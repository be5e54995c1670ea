/** Why a certificate counts no longer, with the code that a revocation list carries (RFC 5280 5.3.1). */
export const revocationCodes = {
  unspecified: 0,
  'key-compromise': 1,
  'ca-compromise': 2,
  'affiliation-changed': 3,
  superseded: 4,
  'cessation-of-operation': 5,
  'certificate-hold': 6,
  'privilege-withdrawn': 9,
} as const;
export type RevocationReason = keyof typeof revocationCodes;

export const revocationReasons = Object.keys(revocationCodes) as readonly RevocationReason[]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the keys of the line above

export const isRevocationReason = (text: string): text is RevocationReason =>
  revocationReasons.some((reason) => reason === text);

/** @returns `unspecified` for codes that no list made here carries. */
export const reasonOfCode = (code: number | undefined): RevocationReason =>
  revocationReasons.find((reason) => revocationCodes[reason] === code) ?? 'unspecified';
