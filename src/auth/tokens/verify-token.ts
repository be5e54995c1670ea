import type { KeyObject } from 'node:crypto';
import type { errors as Errors } from 'jose';
import type { Claims } from './claims.ts';
import type { TokenOutcome } from './events.ts';
import type { ReadToken } from './read-token.ts';
import type { JwtOptions } from './schema.ts';

export type VerifiedToken =
  | { readonly kind: 'verified'; readonly claims: Claims }
  | { readonly kind: 'refused'; readonly outcome: TokenOutcome; readonly reason: string };

export type VerifyOptions = Pick<JwtOptions, 'issuer' | 'audience' | 'clockSkew' | 'lasting'>;

/** Checks the signature with each of the keys until one fits, and then what every token says of itself (RFC 7519 4.1). */
export async function verifyToken(
  { text, wanted }: ReadToken,
  keys: readonly KeyObject[],
  { issuer, audience, clockSkew, lasting }: VerifyOptions,
  nowMs: number,
): Promise<VerifiedToken> {
  const { errors, jwtVerify } = await import('jose'); // where there are no tokens it is not needed
  const options = {
    algorithms: [wanted.algorithm],
    clockTolerance: clockSkew / 1_000,
    currentDate: new Date(nowMs),
    requiredClaims: lasting === 'refuse' ? ['exp'] : [],
    ...(issuer === undefined ? {} : { issuer: [...issuer] }),
    ...(audience === undefined ? {} : { audience: [...audience] }),
  };
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(text, key, options);
      if (audience === undefined && payload.aud !== undefined)
        return refused('claims', 'its token is for somebody (aud); name this broker in access.jwt.audience');
      return { kind: 'verified', claims: payload };
    } catch (cause) {
      if (cause instanceof errors.JWSSignatureVerificationFailed) continue;
      if (cause instanceof errors.JOSEError) return outcomeOf(cause, errors);
      throw cause;
    }
  }
  return refused('signature', 'the signature of its token is not right');
}

function outcomeOf(error: Errors.JOSEError, errors: typeof Errors): VerifiedToken {
  if (error instanceof errors.JWTExpired) return refused('expired', 'its token has expired (exp)');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (reason === 'missing') return refused('claims', `its token has no "${claim}", which access.jwt asks for`);
    if (claim === 'nbf' && reason === 'check_failed') return refused('claims', 'its token does not count yet (nbf)');
    return refused('claims', `its token has another "${claim}" than access.jwt asks for`);
  }
  return refused('malformed', `its token cannot be read: ${error.message}`);
}

const refused = (outcome: TokenOutcome, reason: string): VerifiedToken => ({ kind: 'refused', outcome, reason });
