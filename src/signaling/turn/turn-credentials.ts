import { createHmac } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { secondMs } from '../../kernel/duration.ts';

/** What a client shows a TURN server, as the TURN REST draft answers it (draft-uberti-behave-turn-rest-00 2.2). */
export interface TurnCredentials {
  /** `<unix expiry>:<user>`, or the first alone. */
  readonly username: string;
  readonly password: string;
  /** Seconds. */
  readonly ttl: number;
  readonly uris: readonly string[];
}

/** A secret as coturn has it, and from when it signs, in milliseconds since the epoch; undefined: since ever. */
export interface SigningSecret {
  readonly text: string;
  readonly fromMs: number | undefined;
}

export interface TurnCredentialsOptions {
  readonly uris: readonly string[];
  /** At least one. */
  readonly secrets: readonly SigningSecret[];
  readonly lifetimeMs: number;
}

/** Makes credentials that the TURN server can check without asking: they are signed by the secret that both have. */
export function createTurnCredentials(
  { uris, secrets, lifetimeMs }: TurnCredentialsOptions,
  clock: Pick<Clock, 'now'>,
): (user: string | undefined) => TurnCredentials {
  const inOrder = secrets.toSorted((a, b) => (a.fromMs ?? 0) - (b.fromMs ?? 0));
  /** Where none has begun the first signs, so that there is always one. */
  const signing = (nowMs: number): string =>
    (inOrder.findLast(({ fromMs = 0 }) => fromMs <= nowMs) ?? inOrder[0])?.text ?? '';
  const ttl = Math.floor(lifetimeMs / secondMs);
  return (user) => {
    const nowMs = clock.now();
    const expiry = Math.floor(nowMs / secondMs) + ttl;
    const username = user === undefined ? String(expiry) : `${expiry}:${user}`;
    const password = createHmac('sha1', signing(nowMs)).update(username).digest('base64');
    return { username, password, ttl, uris };
  };
}
