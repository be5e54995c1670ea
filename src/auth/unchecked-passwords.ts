import type { AuthenticationRequest, AuthenticationVerdict, Authenticator } from '../broker/ports.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { passwordsUnchecked, passwordUnchecked } from './events.ts';
import type { AccessOptions } from './schema.ts';

export interface UncheckedPasswordOptions extends Pick<AccessOptions, 'uncheckedPasswords'> {
  /** Providers of the listener that would have looked at it. */
  readonly checkers?: readonly string[];
}

/**
 * A password that nobody looked at is never taken in silence: who sends one believes that it protects something. The
 * client is refused, or let in as it would be without, and the log says so. Where passwords are checked, one that was
 * not, because somebody else decided before, is refused in any case.
 */
export function withoutUncheckedPasswords(
  inner: Authenticator,
  { uncheckedPasswords, checkers = [] }: UncheckedPasswordOptions,
  events: Events,
): Authenticator {
  const told = new Set<string>();
  const judge = ({ peer }: AuthenticationRequest, verdict: AuthenticationVerdict): AuthenticationVerdict => {
    if (verdict.kind !== 'accept' || verdict.isPasswordChecked === true) return verdict;
    const { listener } = peer;
    if (checkers.length > 0) return refuse(tooLate(listener, verdict.principal, checkers));
    if (uncheckedPasswords === 'refuse')
      return refuse(
        `nobody checks passwords on listener "${listener}"; leave it out, or set access.uncheckedPasswords to ignore`,
      );
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

const refuse = (reason: string): AuthenticationVerdict => ({ kind: 'reject', code: 'bad-credentials', reason });

const tooLate = (listener: string, principal: string, checkers: readonly string[]): string =>
  `listener "${listener}" let it in as "${principal}" before anybody looked at its password; leave the password out, or write in listeners[].authentication that both are asked, e.g. certificate+${checkers[0]}, or ${checkers[0]} first`;
