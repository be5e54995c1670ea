import { expiresSoon } from '../../certificates/expiry.ts';
import { isoTime } from '../../kernel/clock.ts';
import { dayMs } from '../../kernel/duration.ts';
import { type CertificateFacts, describeX509 } from '../../pki/x509/inspect.ts';
import type { TlsClient } from './tls-client.ts';
import { shownBy } from './tls-probe.ts';
import { outcomeText, type ReportRow } from './tls-report.ts';
import { connectAddress, type TlsTarget } from './tls-target.ts';

/** How long the certificates that the server sends are valid. */
export async function chainRow(
  target: TlsTarget,
  client: TlsClient,
  { now, timeoutMs }: { readonly now: number; readonly timeoutMs: number },
): Promise<ReportRow & { readonly isShown: boolean }> {
  const { chain, outcome } = await shownBy(target, client, timeoutMs);
  const facts = chain.map((certificate) => describeX509(certificate));
  const isValid = facts.every(({ notBefore, notAfter }) => notBefore <= now && now < notAfter);
  const isShown = facts.length > 0;
  return {
    check: 'server certificate',
    isShown,
    verdict: isShown && isValid ? 'ok' : 'no',
    expected: 'accepted',
    outcome: !isShown ? outcomeText(outcome) : isValid ? `${facts.length} sent` : 'not valid now',
    reason: isShown ? facts.map((one) => `${one.subject} ${validity(one, now)}`).join('; ') : outcome.reason,
    command: `openssl s_client -connect ${connectAddress(target)} -showcerts </dev/null`,
  };
}

function validity({ notBefore, notAfter }: CertificateFacts, now: number): string {
  if (notAfter <= now) return `EXPIRED on ${isoTime(notAfter)}`;
  if (notBefore > now) return `is not valid before ${isoTime(notBefore)}`;
  const left = Math.floor((notAfter - now) / dayMs);
  const advice = expiresSoon({ notBefore, notAfter }, now) ? ', renew it' : '';
  return `is valid until ${isoTime(notAfter)}, ${left} ${left === 1 ? 'day' : 'days'}${advice}`;
}
