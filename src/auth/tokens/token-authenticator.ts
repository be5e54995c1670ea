import type { KeyObject } from 'node:crypto';
import type { AuthenticationRequest, AuthenticationVerdict, Authenticator, Rejection } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { principalFault } from '../principal.ts';
import { type Claims, claimAt, isClaimed, wordsIn } from './claims.ts';
import { type TokenOutcome, tokenJudged } from './events.ts';
import type { WantedKey } from './keys.ts';
import { type ReadToken, readToken } from './read-token.ts';
import type { JwtOptions } from './schema.ts';
import { verifyToken } from './verify-token.ts';

/** Authentication Method of a client that shows a token as Authentication Data. [MQTT 5, 4.12] */
export const tokenMethod = 'OAUTH2-JWT';

/** Where keys come from. @returns those that fit; undefined where nobody can say, now */
export type FindKeys = (wanted: WantedKey) => Promise<readonly KeyObject[] | undefined>;

export interface TokenAuthenticatorDeps {
  readonly findKeys: FindKeys;
  readonly clock: Clock;
  readonly events: Events;
}

/** Lets in who shows a token that counts, until it ends. What is no token is left to others. */
export function createTokenAuthenticator(
  options: JwtOptions,
  { findKeys, clock, events }: TokenAuthenticatorDeps,
): Authenticator {
  const told = (request: AuthenticationRequest, outcome: TokenOutcome): void =>
    events.emit(tokenJudged, { listener: request.peer.listener, outcome });
  const refuse = (request: AuthenticationRequest, outcome: TokenOutcome, reason: string): Rejection => {
    told(request, outcome);
    return { kind: 'reject', code: outcome === 'unavailable' ? 'unavailable' : 'bad-credentials', reason };
  };
  const judge = async (
    request: AuthenticationRequest,
    token: ReadToken,
    signal: AbortSignal,
  ): Promise<AuthenticationVerdict> => {
    const keys = await findKeys(token.wanted);
    signal.throwIfAborted(); // nobody waits any more
    if (keys === undefined) return refuse(request, 'unavailable', 'the keys for tokens cannot be had now');
    if (keys.length === 0)
      return refuse(request, 'unknown-key', `there is no key for its token (${token.wanted.algorithm})`);
    const verified = await verifyToken(token, keys, options, clock.now());
    if (verified.kind === 'refused') return refuse(request, verified.outcome, verified.reason);
    const verdict = verdictOf(verified.claims, request, options);
    told(request, verdict.kind === 'accept' ? 'accepted' : 'claims');
    return verdict;
  };
  return {
    authenticate(request) {
      const bytes = tokenIn(request, options);
      if (bytes === undefined) return { kind: 'abstain' };
      const reading = readToken(bytes, options.size, options.algorithms);
      if (reading.kind === 'none') return { kind: 'abstain', reason: `its ${options.from} is no token` };
      if (reading.kind === 'refused') return refuse(request, reading.outcome, reading.reason);
      return (signal) => judge(request, reading, signal);
    },
  };
}

/** What may be a token: of the exchange, where there is one. */
function tokenIn({ exchange, password, connect }: AuthenticationRequest, { from }: JwtOptions): Uint8Array | undefined {
  if (exchange !== undefined) return exchange.method === tokenMethod ? exchange.data : undefined;
  return from === 'password' ? password : bytesOf(connect.username);
}

const bytesOf = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : Buffer.from(text);

/** What a token says that counts. */
function verdictOf(
  claims: Claims,
  { clientId, connect, exchange }: AuthenticationRequest,
  options: JwtOptions,
): AuthenticationVerdict {
  const reject = (reason: string, code: Rejection['code'] = 'not-authorized'): Rejection => ({
    kind: 'reject',
    code,
    reason,
  });
  for (const [name, template] of Object.entries(options.claims)) {
    if (template.includes('%u') && connect.username === undefined)
      return reject(`it sends no user name, which "${name}" of its token is held against (access.jwt.claims)`);
    const expected = template.replaceAll(/%[cu]/g, (mark) => (mark === '%c' ? clientId : (connect.username ?? '')));
    if (isClaimed(claimAt(claims, name), expected)) continue;
    const reason = `"${name}" of its token is not what access.jwt.claims asks for`;
    return template.includes('%c') ? reject(`${reason}; the client id is "${clientId}"`, 'client-id') : reject(reason);
  }
  const principal = claimAt(claims, options.principal);
  if (typeof principal !== 'string')
    return reject(`its token has no text in "${options.principal}", which names the client (access.jwt.principal)`);
  const fault = principalFault(principal);
  if (fault !== undefined) return reject(`the name in "${options.principal}" of its token ${fault}`);
  const { iss, exp } = claims;
  return {
    kind: 'accept',
    principal,
    trust: typeof iss === 'string' ? `jwt:${iss}` : 'jwt',
    attributes: { groups: wordsIn(claimAt(claims, options.groups)), claims },
    ...(options.from === 'password' && exchange === undefined ? { isPasswordChecked: true } : {}),
    ...(typeof exp === 'number' ? { expiresAtMs: exp * 1_000 + options.clockSkew } : {}),
  };
}
