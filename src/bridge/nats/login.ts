import { type Authenticator, credsAuthenticator, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { ConfigError, messageOf } from '../../kernel/errors.ts';
import type { NatsLogin } from './resolved-options.ts';

/** The part of the client library's options that logs in. */
export type LoginOptions = { user?: string; pass?: string; token?: string; authenticator?: Authenticator };

/**
 * What the client library needs to log in.
 * @throws ConfigError for a seed or credentials that cannot be read, which no server would ever accept.
 */
export function loginOptions(login: NatsLogin): LoginOptions {
  if (login.kind === 'none') return {};
  if (login.kind === 'user')
    return { user: login.user, ...(login.password === undefined ? {} : { pass: login.password }) };
  if (login.kind === 'token') return { token: login.token };
  if (login.kind === 'nkey') {
    const seed = new TextEncoder().encode(login.seed);
    check(() => nkeys.fromSeed(seed), 'nats.nkey is not an NKey seed; it starts with "SU" and has 58 characters');
    return { authenticator: nkeyAuthenticator(seed) };
  }
  const authenticator = credsAuthenticator(new TextEncoder().encode(`${login.text.replaceAll('\r\n', '\n')}\n`)); // it wants a line end
  check(() => authenticator('nonce'), 'nats.creds is not a credentials file; it holds a user JWT and an NKey seed');
  return { authenticator };
}

function check(read: () => unknown, problem: string): void {
  try {
    read();
  } catch (cause) {
    throw new ConfigError('config-invalid', `${problem} (${messageOf(cause)})`, { cause });
  }
}

/** Where to look when a server refuses us. */
export const loginAdvice: Readonly<Record<NatsLogin['kind'], string>> = {
  none: 'it asks for credentials and none are configured; set nats.user, nats.token, nats.nkey or nats.creds',
  user: 'check nats.user and nats.password',
  token: 'check nats.token',
  nkey: 'check nats.nkey, and that the server lists its public key',
  creds: 'check nats.creds, and that the account and the user are known and not expired',
};
