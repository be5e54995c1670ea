import type { AuthenticationRequest, AuthenticationVerdict, Authenticator } from '../broker/ports.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { passwordsUnchecked, passwordUnchecked } from './events.ts';
import type { AccessOptions } from './schema.ts';

/**
 * A password that nobody looked at is never taken in silence: who sends one believes that it protects something. The
 * client is refused, or let in as it would be without, and the log says so.
 */
export function withoutUncheckedPasswords(
  inner: Authenticator,
  { uncheckedPasswords }: Pick<AccessOptions, 'uncheckedPasswords'>,
  events: Events,
): Authenticator {
  const told = new Set<string>();
  const judge = ({ peer }: AuthenticationRequest, verdict: AuthenticationVerdict): AuthenticationVerdict => {
    if (verdict.kind !== 'accept' || verdict.isPasswordChecked === true) return verdict;
    const { listener } = peer;
    if (uncheckedPasswords === 'refuse')
      return {
        kind: 'reject',
        code: 'bad-credentials',
        reason: `nobody checks passwords on listener "${listener}"; leave it out, or set access.uncheckedPasswords to ignore`,
      };
    events.emit(passwordUnchecked, { listener });
    if (!told.has(listener)) {
      told.add(listener);
      events.emit(passwordsUnchecked, { listener, principal: verdict.principal });
    }
    return verdict;
  };
  return {
    authenticate(request) {
      const answer = inner.authenticate(request);
      if (request.password === undefined) return answer;
      if (typeof answer === 'function') return async (signal) => judge(request, await answer(signal));
      return judge(request, answer);
    },
  };
}
