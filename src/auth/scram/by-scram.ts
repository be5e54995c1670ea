import type {
  AuthenticationExchange,
  AuthenticationRequest,
  AuthenticationVerdict,
  Rejection,
  RejectionCode,
} from '../../broker/ports.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { PasswordUsers } from '../password-users.ts';
import { nameOf, passwordTrust } from '../passwords/by-password.ts';
import type { CreateProvider, Provider } from '../provider.ts';
import { scramJudged } from './events.ts';
import { scramExchange, scramMethod } from './exchange.ts';

const nobody: Provider = { authenticate: () => ({ kind: 'abstain' }) };

/**
 * Who proves by SCRAM-SHA-256 that it has the password of a user of the password file, without telling it. Such a user is the
 * same, and has the same sessions, as one that sends its password.
 */
export const byScram: CreateProvider = (_options, { users, events }) => {
  if (users === undefined) return nobody;
  return {
    methods: [scramMethod],
    parts: [users],
    authenticate(request) {
      const { exchange } = request;
      if (exchange?.method !== scramMethod) return { kind: 'abstain' };
      return () => judge(request, exchange, users, events);
    },
  };
};

async function judge(
  { peer: { listener }, connect: { username } }: AuthenticationRequest,
  exchange: AuthenticationExchange,
  users: PasswordUsers,
  events: Events,
): Promise<AuthenticationVerdict> {
  let before: string | undefined;
  const outcome = await scramExchange(exchange, {
    verifierOf(user) {
      before = users.findVerifier(user);
      return users.verifierOf(user);
    },
  });
  events.emit(scramJudged, { verdict: outcome.kind, listener });
  if (outcome.kind === 'malformed')
    return { kind: 'reject', code: 'not-authorized', reason: `SCRAM-SHA-256: ${outcome.reason}` };
  const { user } = outcome;
  const reject = (code: RejectionCode, reason: string): Rejection => ({ kind: 'reject', code, reason, user });
  if (outcome.kind === 'wrong')
    return reject(
      'bad-credentials',
      before === undefined
        ? `user ${nameOf(user)} has no line of SCRAM-SHA-256 in the password file; \`viaduct passwd add --scram\` makes one`
        : `the password of user ${nameOf(user)} is another`,
    );
  if (before === undefined || users.findVerifier(user) !== before)
    return reject('bad-credentials', `user ${nameOf(user)} was changed or removed meanwhile`);
  if (username !== undefined && username !== user)
    return reject('not-authorized', `it is ${nameOf(username)} in CONNECT, and ${nameOf(user)} by SCRAM-SHA-256`);
  const data = Buffer.from(`v=${outcome.signature.toString('base64')}`);
  return { kind: 'accept', principal: user, trust: passwordTrust, data };
}
