import { availableParallelism } from 'node:os';
import type { Acceptance, AuthenticationVerdict, Rejection } from '../../broker/ports.ts';
import { keyedDigest } from '../keyed-digest.ts';
import type { CreateProvider, Provider } from '../provider.ts';
import { costOf } from './cost.ts';
import { passwordJudged } from './events.ts';
import { createPasswordJudge } from './judge.ts';
import { HashLane } from './lane.ts';
import { LoginMemory } from './login-memory.ts';
import { Rehashing } from './rehashing.ts';

/** Of the user names of the file, which are one realm. */
export const passwordTrust = 'password';

const abstain = { kind: 'abstain' } as const;
const nobody: Provider = { authenticate: () => abstain };

/** User names of strangers in the log are no longer. */
const maxShown = 64;

/** Half of the processors, and half of the threads that libuv has where nobody says otherwise. */
const usualConcurrency = (): number => Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));

/** Who sends a user name and a password is held against the password file, and known or refused by it. */
export const byPassword: CreateProvider = ({ passwords }, { events, clock, users }) => {
  if (passwords === undefined || users === undefined) return nobody;
  const { file, remember, remembered } = passwords;
  const judge = createPasswordJudge({ cost: costOf(passwords.argon2), rehash: passwords.rehash });
  const lane = new HashLane(passwords.concurrency ?? usualConcurrency());
  const rehashing = new Rehashing({ file, events });
  const keyOf = keyedDigest();
  const right = new LoginMemory({ forMs: remember, count: remembered });
  const wrong = new LoginMemory({ forMs: remember, count: remembered });

  const told = (isRight: boolean, user: string, by: 'hash' | 'memory'): AuthenticationVerdict => {
    const shown = nameOf(user);
    events.emit(passwordJudged, { verdict: isRight ? 'right' : 'wrong', by, user: shown });
    return isRight ? acceptance(user) : rejection(shown, users.find(user) !== undefined);
  };
  const ask = async (user: string, password: Uint8Array, key: string, signal: AbortSignal) => {
    let hash: string | undefined;
    const { isRight, fresh } = await lane.run(() => {
      hash = users.find(user); // as it is now: it may have waited
      return judge.judge(hash, password);
    }, signal);
    (isRight ? right : wrong).add(key, hash, clock.monotonic());
    if (fresh !== undefined && hash !== undefined) rehashing.add({ user, before: hash, hash: fresh });
    return told(isRight, user, 'hash');
  };
  return {
    parts: [users, { name: 'password hashes', start: () => judge.start(), stop: () => rehashing.settled() }],
    authenticate({ connect: { username: user }, password }) {
      if (user === undefined) return abstain;
      if (password === undefined) return { kind: 'abstain', reason: `user ${nameOf(user)} sends no password` };
      const key = keyOf([user, password]);
      const hash = users.find(user);
      const now = clock.monotonic();
      if (right.has(key, hash, now)) return told(true, user, 'memory');
      if (wrong.has(key, hash, now)) return told(false, user, 'memory');
      return (signal) => ask(user, password, key, signal);
    },
  };
};

const acceptance = (user: string): Acceptance => ({
  kind: 'accept',
  principal: user,
  trust: passwordTrust,
  isPasswordChecked: true,
});

const rejection = (shown: string, isKnown: boolean): Rejection => ({
  kind: 'reject',
  code: 'bad-credentials',
  reason: isKnown
    ? `the password of user ${shown} is another`
    : `there is no user ${shown} in the password file (access.passwords.file)`,
});

export const nameOf = (user: string): string =>
  JSON.stringify(user.length > maxShown ? `${user.slice(0, maxShown)}...` : user);
