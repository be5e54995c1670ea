import { closing } from '../outside/closing.ts';
import { createHttpClient } from '../outside/http-client.ts';
import type { CreateProvider } from '../provider.ts';
import { keysFor } from './keys.ts';
import { ownKeys } from './own-keys.ts';
import { RemoteKeys } from './remote-keys.ts';
import { createTokenAuthenticator, type FindKeys, tokenMethod } from './token-authenticator.ts';

const methods = [tokenMethod];

/**
 * A token that counts is an identity.
 * @throws ConfigError where a key of `access.jwt` cannot be used
 */
export const byToken: CreateProvider = ({ jwt }, { clock, events, secretOf, lastKeySet }) => {
  if (jwt === undefined) return { authenticate: () => ({ kind: 'abstain' }) };
  const { keySet, algorithms } = jwt;

  const own = ownKeys(jwt, secretOf);
  const fromOwn: FindKeys = (wanted) => Promise.resolve(keysFor(wanted, own));
  if (keySet === undefined) return { ...createTokenAuthenticator(jwt, { findKeys: fromOwn, clock, events }), methods };
  const ca = keySet.ca === undefined ? undefined : secretOf({ file: keySet.ca });
  const http = createHttpClient({ connections: 1, timeoutMs: keySet.timeout, maxBytes: keySet.size, ca }, clock);
  const remote = new RemoteKeys({ ...keySet, algorithms, ca }, { http, clock, events, last: lastKeySet });
  const findKeys: FindKeys = async (wanted) => {
    const known = keysFor(wanted, own);
    return known.length > 0 ? known : remote.find(wanted);
  };
  return {
    ...createTokenAuthenticator(jwt, { findKeys, clock, events }),
    methods,
    parts: [closing('access.jwt.keySet', http)],
  };
};
