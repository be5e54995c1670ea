import { AppError } from '../../kernel/errors.ts';

/** What a request for a certificate can break. */
const requestRules = [
  'request-unreadable',
  'alt-name-kind',
  'alt-name-form',
  'no-alt-names',
  'many-alt-names',
  'no-common-name',
  'name-form',
  'name-forbidden',
  'name-constraints',
  'asks-for-ca',
  'purpose',
  'weak-key',
  'weak-signature',
  'no-possession',
  'validity',
  'outlives-issuer',
] as const;
type RequestRule = (typeof requestRules)[number];

/** Why nothing is issued: `details.rule` of `issuing-refused`. What is no rule for requests is one for the CA. */
export type IssuingRule =
  | RequestRule
  | 'clock'
  | 'ledger-full'
  | 'issuer-revoked'
  | 'issuer-validity'
  | 'issuer-not-a-ca'
  | 'issuer-purpose'
  | 'issuer-key'
  | 'serial-number';

/** @param message what is not issued, why, and what to do */
export const issuingRefused = (rule: IssuingRule, message: string): AppError =>
  new AppError('issuing-refused', message, { details: { rule } });

/** The rule that the request broke; undefined where the CA is the reason, or something else went wrong. */
export const brokenByRequest = (cause: unknown): RequestRule | undefined =>
  cause instanceof AppError && cause.code === 'issuing-refused'
    ? requestRules.find((rule) => rule === cause.details['rule'])
    : undefined;
