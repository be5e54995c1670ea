import { argon2Hash } from './argon2.ts';
import type { Argon2Cost, PasswordHash } from './hash.ts';
import { parseHash } from './hash.ts';
import { verifyPassword } from './verify.ts';

export interface PasswordVerdict {
  readonly isRight: boolean;
  /** In place of the one that the file has, where that is of another form or cost. */
  readonly fresh?: string;
}

export interface PasswordJudge {
  /** Makes what unknown users are held against. */
  start(): Promise<void>;
  /** @param hash of the user, from the file; undefined: there is no such user */
  judge(hash: string | undefined, password: Uint8Array): Promise<PasswordVerdict>;
}

export interface PasswordJudgeOptions {
  readonly cost: Argon2Cost;
  readonly rehash: boolean;
}

/**
 * Holds a password against a hash. It costs the same whether the user is known or not, and whether the hash is of today
 * or came with the file of another program: whoever measures learns nothing about who is there.
 */
export function createPasswordJudge(
  { cost, rehash }: PasswordJudgeOptions,
  verify: typeof verifyPassword = verifyPassword,
): PasswordJudge {
  let decoy: Promise<PasswordHash> | undefined;
  const decoyHash = (): Promise<PasswordHash> => (decoy ??= argon2Hash(new Uint8Array(16), cost).then(hashOf));
  const atFullCost = async (password: Uint8Array): Promise<void> => {
    await verify(await decoyHash(), password);
  };
  return {
    async start() {
      await decoyHash();
    },
    async judge(text, password) {
      const hash = text === undefined ? undefined : hashOf(text);
      if (hash === undefined || text === undefined) {
        await atFullCost(password);
        return { isRight: false };
      }
      const isRight = await verify(hash, password);
      if (isRight)
        return rehash && hash.kind !== 'scram' && !isOfCost(hash, cost)
          ? { isRight, fresh: await argon2Hash(password, cost) }
          : { isRight };
      if (hash.kind !== 'argon2id' || workOf(hash.cost) < workOf(cost)) await atFullCost(password);
      return { isRight };
    },
  };
}

/** Of a line that was checked as it was read. */
function hashOf(text: string): PasswordHash {
  const hash = parseHash(text);
  if (typeof hash === 'string') throw new Error(hash);
  return hash;
}

const workOf = ({ memoryKiB, passes }: Argon2Cost): number => memoryKiB * passes;

const isOfCost = (hash: PasswordHash, { memoryKiB, passes, lanes }: Argon2Cost): boolean =>
  hash.kind === 'argon2id' &&
  hash.cost.memoryKiB === memoryKiB &&
  hash.cost.passes === passes &&
  hash.cost.lanes === lanes;
