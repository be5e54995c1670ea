import type { OutsideVerdict } from '../../broker/access-verdict.ts';
import type { AuthorizedClient } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { AccessRequest, AccessSaid, ServiceAuthorizer } from './service-authorizer.ts';

/** Who says what clients may do where no rule does. */
export interface OutsideAuthority {
  /** At once where it is known. Never rejects. */
  judge(client: AuthorizedClient, request: AccessRequest): OutsideVerdict | Promise<OutsideVerdict>;
}

/**
 * Asks one service after the other until one allows or denies; where all ignore it, it is denied. One that cannot be asked ends
 * that: what it would have denied nobody behind it may allow.
 */
export function createOutsideAuthority(services: readonly ServiceAuthorizer[], clock: Clock): OutsideAuthority {
  const verdict = (reason: string | undefined, untilMs: number): OutsideVerdict => ({
    denial: reason === undefined ? undefined : { reason, isTemporary: false },
    counts: () => clock.monotonic() < untilMs,
  });
  const judgeFrom = (
    index: number,
    client: AuthorizedClient,
    request: AccessRequest,
    untilMs: number,
  ): OutsideVerdict | Promise<OutsideVerdict> => {
    const service = services[index];
    if (service === undefined) return verdict(mayNot(request), untilMs);
    const heard = (said: AccessSaid): OutsideVerdict | Promise<OutsideVerdict> => {
      if ('outcome' in said) return { denial: { reason: unknown(request), isTemporary: true }, counts: () => false };
      const until = Math.min(untilMs, said.untilMs);
      const { result } = said.verdict;
      if (result === 'ignore') return judgeFrom(index + 1, client, request, until);
      return verdict(result === 'allow' ? undefined : mayNot(request), until);
    };
    const said = service.judge(client, request);
    return said instanceof Promise ? said.then(heard) : heard(said);
  };
  return { judge: (client, request) => judgeFrom(0, client, request, Number.POSITIVE_INFINITY) };
}

// Clients of MQTT 5 hear these: who was asked, and what went wrong there, is for the log.
const mayNot = ({ action, topic }: AccessRequest): string =>
  action === 'publish' ? `it may not publish to "${topic}"` : `it may not subscribe to "${topic}"`;

const unknown = ({ action, topic }: AccessRequest): string =>
  `nobody can say now whether it may ${action === 'publish' ? 'publish' : 'subscribe'} to "${topic}"; it may try again`;
