import { defineEvent } from '../../kernel/telemetry-ports.ts';

/** What came of a token. */
export type TokenOutcome =
  | 'accepted'
  | 'oversize'
  | 'algorithm'
  | 'malformed'
  | 'unknown-key'
  | 'signature'
  | 'expired'
  | 'claims'
  | 'unavailable';

export const tokenJudged = defineEvent<{ listener: string; outcome: TokenOutcome }>({
  counter: 'auth_tokens_total',
  help: 'Tokens that clients showed, by what came of them.',
  labels: ['outcome'],
  level: 'debug',
  message: ({ listener, outcome }) => `a client on ${listener} showed a token: ${outcome}`,
});

export const keySetFetched = defineEvent<{ url: string; keys: number }>({
  counter: 'auth_key_sets_fetched_total',
  help: 'Key sets for tokens that were fetched.',
  labels: [],
  level: 'info',
  message: ({ url, keys }) => `tokens: ${url} has ${keys} keys that tokens may be checked with`,
});

export const keySetUnavailable = defineEvent<{ url: string; problem: string; kept: string }>({
  counter: 'auth_key_sets_unavailable_total',
  help: 'Attempts to fetch a key set for tokens that came to nothing.',
  labels: [],
  level: 'warn',
  message: ({ url, problem, kept }) => `tokens: the keys at ${url} cannot be had: ${problem}; ${kept}`,
});
