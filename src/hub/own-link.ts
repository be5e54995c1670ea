import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { HubGuard } from './guard.ts';

/** How the program itself comes to a hub that asks others who they are. */
export interface OwnLink {
  readonly token: string;
  readonly guard: HubGuard;
}

/** A token of this run that nobody else has, and that may do everything. */
export function ownLink(): OwnLink {
  const token = randomBytes(32).toString('base64url');
  const digest = digestOf(token);
  return {
    token,
    guard: {
      generation: 0,
      isBanned: () => false,
      admit: (_peer, { secret = '' }) =>
        timingSafeEqual(digestOf(secret), digest)
          ? { kind: 'accept', user: 'viaduct', rights: undefined, expiresAtMs: undefined }
          : { kind: 'reject', code: 'not-authorized', reason: 'this port of the hub is for the broker itself' },
    },
  };
}

/** Of one length, so that the time of comparing tells nothing. */
const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');
