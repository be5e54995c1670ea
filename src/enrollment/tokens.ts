import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isoTime } from '../kernel/clock.ts';

/** One bootstrap token: it lets one device enroll once. The secret itself is nowhere. Times are milliseconds since the epoch. */
export interface Token {
  /** Eight hex digits, to speak of it. */
  readonly id: string;
  /** SHA-256 of the token, lower-case hex; the token has 256 random bits, so that a salt adds nothing. */
  readonly hash: string;
  /** Pattern of the common name. */
  readonly commonName: string;
  /** Patterns of alternative names that may be asked for. */
  readonly names: readonly string[];
  /** The longest life of the certificate. */
  readonly maxLifetimeMs?: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number;
  readonly revokedAt?: number;
  readonly usedAt?: number;
  /** Common name that it was used for. */
  readonly usedFor?: string;
}

export type TokenState = 'valid' | 'used' | 'revoked' | 'expired';

export function tokenState({ usedAt, revokedAt, expiresAt }: Token, now: number): TokenState {
  if (usedAt !== undefined) return 'used';
  if (revokedAt !== undefined) return 'revoked';
  return now >= expiresAt ? 'expired' : 'valid';
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** @returns the token to hand out, which is shown once, and what is kept of it. */
export function newToken(facts: Omit<Token, 'id' | 'hash'>): { readonly text: string; readonly token: Token } {
  const id = randomBytes(4).toString('hex');
  const text = `${id}.${randomBytes(32).toString('base64url')}`;
  return { text, token: { id, hash: hashOf(text).toString('hex'), ...facts } };
}

/** Longer texts are no tokens and are not hashed. */
const maxTextLength = 128;

/** Finds the token that a client showed. @returns it whatever its state, or undefined where nobody made it. */
export function findToken(tokens: readonly Token[], text: string): Token | undefined {
  if (text.length > maxTextLength) return undefined;
  const id = text.slice(0, text.indexOf('.'));
  const hash = hashOf(text);
  return tokens.find((token) => token.id === id && timingSafeEqual(Buffer.from(token.hash, 'hex'), hash));
}

/** Why a token that was found does not count, as a sentence, or undefined. */
export function tokenProblem(token: Token, now: number): string | undefined {
  const anew = 'make a new token with: viaduct pki token create';
  const state = tokenState(token, now);
  if (state === 'revoked') return `token ${token.id} was revoked on ${isoTime(token.revokedAt ?? 0)}; ${anew}`;
  if (state === 'expired') return `token ${token.id} has expired on ${isoTime(token.expiresAt)}; ${anew}`;
  return state === 'used'
    ? `token ${token.id} was used on ${isoTime(token.usedAt ?? 0)} for "${token.usedFor ?? ''}" and counts once; if that was not you, revoke that certificate; ${anew}`
    : undefined;
}

/** Reads the file of the tokens. @returns them, or the sentence that says what is wrong. */
export function parseTokens(text: string): readonly Token[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is no JSON';
  }
  const list: unknown = isRecord(value) && value['version'] === 1 ? value['tokens'] : undefined;
  if (!Array.isArray(list)) return 'is no list of tokens of version 1';
  const tokens = list.filter(isToken);
  if (tokens.length === list.length) return tokens;
  return `has a damaged token, number ${list.findIndex((token) => !isToken(token)) + 1}`;
}

export const tokensText = (tokens: readonly Token[]): string =>
  `${JSON.stringify({ version: 1, tokens }, undefined, 1)}\n`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTime = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= 8.64e15;
const isTimeOrAbsent = (value: unknown): boolean => value === undefined || isTime(value);

function isToken(value: unknown): value is Token {
  if (!isRecord(value)) return false;
  const { id, hash, names, maxLifetimeMs, usedFor } = value;
  return (
    typeof id === 'string' &&
    /^[0-9a-f]{8}$/.test(id) &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash) &&
    typeof value['commonName'] === 'string' &&
    typeof value['createdBy'] === 'string' &&
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string') &&
    isTime(value['createdAt']) &&
    isTime(value['expiresAt']) &&
    isTimeOrAbsent(value['revokedAt']) &&
    isTimeOrAbsent(value['usedAt']) &&
    isTimeOrAbsent(maxLifetimeMs) &&
    (usedFor === undefined || typeof usedFor === 'string')
  );
}
