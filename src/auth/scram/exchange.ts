import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { AuthenticationExchange } from '../../broker/ports.ts';
import type { ScramVerifier } from '../password-users.ts';
import { saslPrep } from '../passwords/sasl-prep.ts';
import { hmac, sha256 } from '../passwords/scram-verifier.ts';
import { parseClientFinal, parseClientFirst } from './messages.ts';

export const scramMethod = 'SCRAM-SHA-256';

/** What came of an exchange. */
export type ScramOutcome =
  | { readonly kind: 'right'; readonly user: string; readonly signature: Buffer }
  | { readonly kind: 'wrong'; readonly user: string }
  | { readonly kind: 'malformed'; readonly reason: string };

export interface ScramDeps {
  /** What the user is held against, known or not: whoever asks learns nothing from it. */
  readonly verifierOf: (user: string) => ScramVerifier;
  /** Printable, without a comma. */
  readonly nonce?: () => string;
}

const nonceBytes = 18;

/**
 * The server's side of SCRAM-SHA-256. [RFC 5802] [RFC 7677] A user that does not exist, and a wrong password, take the same steps and the
 * same work; the verifier decides alone.
 * @throws where the client is gone
 */
export async function scramExchange(
  exchange: AuthenticationExchange,
  { verifierOf, nonce = () => randomBytes(nonceBytes).toString('base64') }: ScramDeps,
): Promise<ScramOutcome> {
  const opening = exchange.data ?? (await exchange.ask(undefined)); // it may let the server begin [RFC 4422 5.1]
  if (opening === undefined) return malformed('it sends no first message');
  const first = parseClientFirst(opening);
  if (typeof first === 'string') return malformed(first);
  const user = saslPrep(first.user);
  if (user === undefined) return malformed('its user name holds what a user name cannot (RFC 4013)');
  const verifier = verifierOf(user);
  const whole = first.nonce + nonce();
  const challenge = `r=${whole},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`;
  const answer = await exchange.ask(Buffer.from(challenge));
  if (answer === undefined) return malformed('it sends no last message');
  const final = parseClientFinal(answer, first.header);
  if (typeof final === 'string') return malformed(final);
  if (final.nonce !== whole) return malformed('its last message belongs to another exchange (r=)');
  const said = `${first.bare},${challenge},${final.withoutProof}`;
  const signature = hmac(verifier.serverKey, said);
  return isProven(verifier, said, final.proof) ? { kind: 'right', user, signature } : { kind: 'wrong', user };
}

/** The client has the key of which the file has the digest. [RFC 5802 3] */
function isProven({ storedKey }: ScramVerifier, said: string, proof: Buffer): boolean {
  const mask = hmac(storedKey, said);
  const key = proof.map((byte, at) => byte ^ mask[at]!);
  return timingSafeEqual(sha256(key), storedKey);
}

const malformed = (reason: string): ScramOutcome => ({ kind: 'malformed', reason });
