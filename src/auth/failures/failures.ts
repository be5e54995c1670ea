import { isDeepStrictEqual } from 'node:util';
import type {
  AuthenticationRequest,
  AuthenticationVerdict,
  Authenticator,
  Peer,
  RejectionCode,
} from '../../broker/ports.ts';
import { isLoopback } from '../../kernel/address.ts';
import type { Clock } from '../../kernel/clock.ts';
import { siteOf } from '../../kernel/networks.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { type TokenBuckets, tokenBuckets } from '../../kernel/token-buckets.ts';
import { keyedDigest } from '../keyed-digest.ts';
import { keptOut } from './events.ts';
import { ExpiringKeys } from './expiring-keys.ts';
import type { FailuresOptions } from './schema.ts';

export interface Failures {
  guard(inner: Authenticator): Authenticator;
  /** Others count from now on; what is known of addresses and users is kept. */
  configure(options: FailuresOptions | undefined): void;
}

/** Of each kind; in all some 30 MB. */
const maxKeys = 65_536;

/** How long a login counts that succeeded. */
const knownMs = 30 * 86_400_000;

/** User names of strangers in the log are no longer. */
const maxShown = 64;

/** Where a login comes from, and as whom: of fixed length, as a name may have 64 KiB. */
interface Attempt {
  readonly listener: string;
  readonly site: string;
  readonly user: string | undefined;
  /** For the log. */
  readonly shown: string;
  readonly pair: string;
}

/**
 * Keeps out who sends wrong passwords or tokens again and again: an address and, where that is asked for, a user name
 * wherever it is guessed from. Nobody can lock others out by that: who has logged in before, as that user from that address,
 * is asked as always, until just that pair fails as often. Who sends no password has nothing to guess.
 */
export function createFailures(
  first: FailuresOptions | undefined,
  { events, clock }: { readonly events: Events; readonly clock: Clock },
): Failures {
  const digest = keyedDigest();
  const banned = new ExpiringKeys(maxKeys);
  const known = new ExpiringKeys(maxKeys);
  let counts = first && countsOf(first, clock);

  const attemptOf = ({ listener, address }: Peer, username: string | undefined): Attempt => {
    const site = siteOf(address);
    const user = username === undefined ? undefined : `user ${digest([username])}`;
    const shown = username?.slice(0, maxShown) ?? '';
    return { listener, site, user, shown, pair: digest(username === undefined ? [site] : [site, username]) };
  };
  /** Before an exchange says as whom, an address is asked from which anybody has logged in by one. */
  const somebodyOf = ({ peer, connect, exchange }: AuthenticationRequest): Attempt | undefined => {
    if (exchange === undefined || connect.username !== undefined) return undefined;
    const attempt = attemptOf(peer, undefined);
    return { ...attempt, pair: digest(['exchange', attempt.site]) };
  };
  const isKeptOut = ({ site, user, pair }: Attempt): boolean => {
    const now = clock.monotonic();
    if (!banned.has(site, now) && (user === undefined || !banned.has(user, now))) return false;
    return !known.has(pair, now);
  };
  const keepOut = (key: string, fields: { listener: string; what: 'address' | 'user'; name: string }): void => {
    const now = clock.monotonic();
    if (counts === undefined || banned.has(key, now)) return;
    const { ban: banMs } = counts.options;
    banned.add(key, now + banMs);
    events.emit(keptOut, { ...fields, banMs });
  };
  const failed = ({ listener, site, user, shown, pair }: Attempt): void => {
    if (counts === undefined) return;
    const { addresses, pairs, users } = counts;
    if (isLast(pairs, pair)) known.delete(pair);
    if (isLast(addresses, site)) keepOut(site, { listener, what: 'address', name: site });
    if (user !== undefined && users !== undefined && isLast(users, user))
      keepOut(user, { listener, what: 'user', name: shown });
  };
  return {
    configure(options) {
      if (isDeepStrictEqual(options, counts?.options)) return;
      counts = options && countsOf(options, clock);
    },
    guard: (inner) => ({
      serves: (peer, method) => inner.serves?.(peer, method) === true,
      authenticate(request) {
        const { peer, connect, password, exchange } = request;
        const isGuess = password !== undefined || exchange !== undefined;
        if (counts === undefined || !isGuess || isLoopback(peer.address)) return inner.authenticate(request);
        const somebody = somebodyOf(request);
        const named = somebody ?? attemptOf(peer, connect.username);
        if (isKeptOut(named)) return refused;
        const judge = (verdict: AuthenticationVerdict): AuthenticationVerdict => {
          const attempt = somebody === undefined ? named : attemptOf(peer, userIn(verdict));
          if (exchange !== undefined && isKeptOut(attempt)) return refused; // only now it is known as whom it came
          if (verdict.kind === 'accept' && (verdict.isPasswordChecked === true || exchange !== undefined)) {
            const untilMs = clock.monotonic() + knownMs;
            known.add(attempt.pair, untilMs);
            if (somebody !== undefined) known.add(somebody.pair, untilMs);
          } else if (verdict.kind === 'reject' && isFailure(verdict.code)) failed(attempt);
          return verdict;
        };
        const answer = inner.authenticate(request);
        return typeof answer === 'function' ? async (signal) => judge(await answer(signal)) : judge(answer);
      },
    }),
  };
}

/** What a verdict says of who it was, right or wrong. */
const userIn = (verdict: AuthenticationVerdict): string | undefined =>
  verdict.kind === 'accept' ? verdict.principal : verdict.kind === 'reject' ? verdict.user : undefined;

interface Counts {
  readonly options: FailuresOptions;
  readonly addresses: TokenBuckets;
  readonly pairs: TokenBuckets;
  readonly users: TokenBuckets | undefined;
}

function countsOf(options: FailuresOptions, clock: Clock): Counts {
  const { count, window: fillMs, perUser } = options;
  const bucketsOf = (burst: number): TokenBuckets => tokenBuckets({ burst, fillMs, maxKeys }, clock);
  return {
    options,
    addresses: bucketsOf(count),
    pairs: bucketsOf(count),
    users: perUser === undefined ? undefined : bucketsOf(perUser),
  };
}

/** Counts one, and says whether no other may follow. */
function isLast(buckets: TokenBuckets, key: string): boolean {
  buckets.take(key);
  return !buckets.has(key);
}

/** Who could not be asked, or does not like the client id, says nothing of the password. */
const isFailure = (code: RejectionCode = 'not-authorized'): boolean =>
  code === 'bad-credentials' || code === 'not-authorized';

const refused = {
  kind: 'reject',
  code: 'banned',
  reason: 'too many wrong passwords or tokens came from its address or for its user name (access.failures)',
} as const;
