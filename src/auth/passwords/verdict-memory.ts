import { hash, randomBytes } from 'node:crypto';

export interface VerdictMemoryOptions {
  /** Milliseconds; 0 remembers nothing. */
  readonly forMs: number;
  /** Beyond it the oldest is forgotten. */
  readonly count: number;
}

interface Remembered {
  /** The hash that the password was held against; undefined: the user had none. */
  readonly hash: string | undefined;
  /** Milliseconds of the monotonic clock. */
  readonly until: number;
}

/** Under what a user with a password is remembered: says nothing about either to whoever has no key of this process. */
export type LoginKey = string;

/**
 * Which logins were judged lately. A verdict holds as long as the line of its user in the file is the one that it was
 * found with, so that a changed or removed user is asked for the password again at once.
 */
export class VerdictMemory {
  readonly #options: VerdictMemoryOptions;
  readonly #known = new Map<LoginKey, Remembered>();

  constructor(options: VerdictMemoryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#known.size;
  }

  /** @param hash of the user now @param now milliseconds of the monotonic clock */
  has(key: LoginKey, hash: string | undefined, now: number): boolean {
    const known = this.#known.get(key);
    return known !== undefined && known.hash === hash && known.until > now;
  }

  add(key: LoginKey, hash: string | undefined, now: number): void {
    const { forMs, count } = this.#options;
    if (forMs === 0) return;
    this.#known.delete(key); // to stand last, as it is the newest
    const [oldest] = this.#known.keys();
    if (this.#known.size >= count && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, { hash, until: now + forMs });
  }
}

/** Bytes of a block of SHA-256. */
const blockBytes = 64;

/**
 * Makes keys that no other process can make, nor this one after a restart: HMAC-SHA-256 (RFC 2104) in two calls, as the
 * object that Node has for it costs several times as much for so few bytes, at each CONNECT.
 */
export function loginKeys(): (user: string, password: Uint8Array) => LoginKey {
  const secret = Buffer.concat([randomBytes(32)], blockBytes);
  const [inner, outer] = [secret.map((byte) => byte ^ 0x36), secret.map((byte) => byte ^ 0x5c)];
  return (user, password) => {
    const login = Buffer.concat([inner, Buffer.from(`${user.length}:${user}`), password]);
    return hash('sha256', Buffer.concat([outer, hash('sha256', login, 'buffer')]), 'base64');
  };
}
