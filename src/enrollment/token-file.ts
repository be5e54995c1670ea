import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dayMs } from '../kernel/duration.ts';
import { AppError, messageOf } from '../kernel/errors.ts';
import { replaceFile } from '../kernel/files.ts';
import { readLargeFile } from '../pki/files.ts';
import { whileMaking } from '../pki/folder/publish.ts';
import { findToken, newToken, parseTokens, type Token, tokenProblem, tokenState, tokensText } from './tokens.ts';

/** Beside the ledger, in the certificates directory. */
const tokenFileName = 'enrollment-tokens.json';

export interface TokenLimits {
  /** Tokens that are kept, those that count no longer included. */
  readonly maxTokens: number;
  /** How long a token is remembered once it counts no longer, so that whoever uses it again is told. */
  readonly keepEndedMs: number;
}

const defaultLimits: TokenLimits = { maxTokens: 10_000, keepEndedMs: 30 * dayMs };

export type NewTokenFacts = Pick<Token, 'commonName' | 'names' | 'maxLifetimeMs' | 'createdBy' | 'expiresAt'>;

/** The tokens of a certificates directory, on the disk. One process at a time writes them. */
export interface TokenFile {
  readonly path: string;
  /** @throws AppError `tokens-damaged`. */
  read(): Promise<readonly Token[]>;
  /** @returns the text to hand out; it is kept nowhere. @throws AppError `tokens-full`. */
  create(facts: NewTokenFacts): Promise<{ readonly text: string; readonly token: Token }>;
  /** @returns undefined where there is no such token, and the token as it is now otherwise. */
  revoke(id: string): Promise<Token | undefined>;
  /** Finds a token that counts now. @returns it, or why it does not. Nothing is written. */
  check(text: string): Promise<Token | string>;
  /** Uses a token up; of several who try at once one succeeds. @returns undefined, or why it does not count. */
  spend(text: string, usedFor: string): Promise<string | undefined>;
  /** Takes `spend` back, for a certificate that could not be made. */
  giveBack(id: string): Promise<void>;
}

const unknown = 'the token is not known; make one with: viaduct pki token create --for NAME';

/** @param directory absolute path. @param now milliseconds since the epoch. */
export function tokenFile(directory: string, now: () => number, limits: TokenLimits = defaultLimits): TokenFile {
  const path = join(directory, tokenFileName);
  let known: { readonly stamp: string; readonly tokens: readonly Token[] } | undefined;

  const read = async (): Promise<readonly Token[]> => {
    const stamp = await stampOf(path);
    if (known === undefined || known.stamp !== stamp) known = { stamp, tokens: await readAnew() };
    return known.tokens;
  };

  const readAnew = async (): Promise<readonly Token[]> => {
    const content = await readLargeFile(path).catch((cause: unknown) => {
      throw damaged(path, `cannot be read: ${messageOf(cause)}`, cause);
    });
    if (content === undefined) return [];
    const tokens = parseTokens(content.bytes.toString('utf8'));
    if (typeof tokens === 'string') throw damaged(path, tokens);
    return tokens;
  };

  /** Every other writer is kept off meanwhile; what does not change is not written. */
  const change = <T>(task: (tokens: readonly Token[]) => { readonly tokens: readonly Token[]; readonly result: T }) =>
    whileMaking(directory, async () => {
      const before = await read();
      const { tokens, result } = task(before);
      if (tokens !== before) await replaceFile(path, tokensText(tokens), 0o600);
      return result;
    });

  const problemOf = (token: Token | undefined): string | undefined =>
    token === undefined ? unknown : tokenProblem(token, now());

  const swap = (tokens: readonly Token[], next: Token): readonly Token[] =>
    tokens.map((token) => (token.id === next.id ? next : token));

  return {
    path,
    read,
    create: (facts) =>
      change((before) => {
        const kept = before.filter((token) => isKept(token, now(), limits));
        if (kept.length >= limits.maxTokens) throw full(path, limits);
        let made = newToken({ ...facts, createdAt: now() });
        while (kept.some(({ id }) => id === made.token.id)) made = newToken({ ...facts, createdAt: now() });
        return { tokens: [...kept, made.token], result: made };
      }),
    revoke: (id) =>
      change((tokens) => {
        const token = tokens.find((one) => one.id === id);
        if (token === undefined || token.revokedAt !== undefined) return { tokens, result: token };
        // one in use as well: should its certificate not come about, it does not count again
        const revoked = { ...token, revokedAt: now() };
        return { tokens: swap(tokens, revoked), result: revoked };
      }),
    async check(text) {
      const token = findToken(await read(), text);
      return problemOf(token) ?? token ?? unknown;
    },
    spend: (text, usedFor) =>
      change((tokens) => {
        const token = findToken(tokens, text);
        const problem = problemOf(token);
        if (token === undefined || problem !== undefined) return { tokens, result: problem };
        return { tokens: swap(tokens, { ...token, usedAt: now(), usedFor }), result: undefined };
      }),
    giveBack: (id) =>
      change((tokens) => ({
        tokens: tokens.map((token) => {
          if (token.id !== id) return token;
          const { usedAt: _at, usedFor: _for, ...unused } = token;
          return unused;
        }),
        result: undefined,
      })),
  };
}

/** The file is replaced as a whole, so that another content is another file. */
async function stampOf(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined); // reading it will tell why
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

function isKept(token: Token, now: number, { keepEndedMs }: TokenLimits): boolean {
  const endedAt = token.usedAt ?? token.revokedAt ?? token.expiresAt;
  return tokenState(token, now) === 'valid' || now - endedAt <= keepEndedMs;
}

const damaged = (path: string, problem: string, cause?: unknown): AppError =>
  new AppError(
    'tokens-damaged',
    `the tokens in ${path} cannot be used: the file ${problem}; put a good copy back, or remove it and make new tokens`,
    { cause },
  );

const full = (path: string, { maxTokens }: TokenLimits): AppError =>
  new AppError(
    'tokens-full',
    `${path} holds ${maxTokens} tokens, which is the limit; wait for some to be used or to expire, or remove the file to void them all`,
  );
