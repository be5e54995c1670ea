import { isLoopback } from '../../kernel/address.ts';
import { anyBeyondMachine, isReached } from './reach.ts';
import type { Relaxation } from './security-finding.ts';
import { is, lastsLongerThan } from './values.ts';

/** What everything else can do less strictly. */
export const otherRelaxations: readonly Relaxation[] = [
  {
    path: 'certificates.renewal.mode',
    when: is('off'),
    grade: 'note',
    meaning: 'the certificates and revocation lists made here end when nobody thinks of them',
    advice: 'write automatic, or watch `viaduct pki status`',
  },
  {
    path: 'certificates.stapling.mode',
    when: is('off'),
    grade: 'note',
    meaning: 'clients are not shown that the certificate of the server has not been revoked',
    advice: 'write automatic',
  },
  {
    path: 'certificates.crlLifetime',
    when: lastsLongerThan(31),
    grade: 'warning',
    meaning: 'others that take the revocation list learn of a revoked device as late as this',
    advice: 'use 7d to 31d',
  },
  {
    path: 'enrollment.lifetime',
    when: lastsLongerThan(398),
    grade: 'warning',
    meaning: 'who copies the key of a device is that device for years',
    advice: 'use 90d; devices renew by themselves',
  },
  {
    path: 'enrollment.maxLifetime',
    when: lastsLongerThan(825),
    grade: 'warning',
    meaning: 'devices may ask for certificates that last for years, as lasts what is stolen',
    advice: 'use 365d or less; devices renew by themselves',
  },
  {
    path: 'signaling.turn.lifetime',
    when: lastsLongerThan(1),
    grade: 'warning',
    meaning: 'who gets hold of credentials relays what he likes through the TURN server for days',
    advice: 'use 1h; clients ask again',
  },
  {
    path: 'nats.hub.allowRemote',
    when: (value, { config: { nats } }) =>
      value === true &&
      nats.servers.length === 0 &&
      nats.hub.authentication === undefined &&
      isLoopback(nats.hub.bind.host),
    grade: 'note',
    meaning: 'one more change, of nats.hub.bind, would open the hub to everybody',
    advice: 'write false',
  },
  {
    path: 'console.enabled',
    when: (value, { config: { listeners } }) =>
      value === true && listeners.some((listener) => listener.accept.includes('http') && isReached(listener)),
    grade: 'note',
    meaning:
      'everybody who reaches the listener gets the console page, which lets in nobody, and says that this is Viaduct',
    advice: 'write false where nobody uses it, or put http on a listener of its own',
  },
  {
    path: 'log.level',
    when: is('error'),
    grade: 'warning',
    meaning: 'who was refused, banned or denied stands in no log',
    advice: 'write info or warn',
  },
  {
    path: 'log.level',
    when: is('debug'),
    grade: 'note',
    meaning: 'more stands in the log of what clients are and do than running the broker needs',
    advice: 'write info once the fault is found',
  },
  {
    path: 'audit.file',
    when: is(undefined),
    grade: anyBeyondMachine('note'),
    meaning: 'who came in and who was refused stands in the log among everything else, for as long as the log is kept',
    advice: 'name a file, which gets these lines alone',
  },
];
