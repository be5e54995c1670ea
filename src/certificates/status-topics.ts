import type { MessagePort } from '../broker/ports.ts';
import { type Clock, isoTime } from '../kernel/clock.ts';
import { hourMs } from '../kernel/duration.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { LedgerEntry } from '../pki/folder/ledger.ts';
import type { CertificateInUse } from './expiry.ts';
import type { CertificateStatus, ClientCertificates } from './status.ts';

export interface StatusTopicsDeps {
  readonly status: () => CertificateStatus;
  /** Tells of certificates that were taken over. @returns unsubscribe. */
  readonly onChange: (take: () => void, settled: () => void) => () => void;
  readonly publish: MessagePort['publish'];
  readonly clock: Clock;
}

const prefix = '$SYS/broker/certificates';
const everyMs = hourMs;
/** Longer lists are cut; their length is said. */
const maxListed = 100;

/** Publishes what is in use and until when, retained: after every change, and once an hour. */
export function statusTopics({ status, onChange, publish, clock }: StatusTopicsDeps): Component {
  let cancel: (() => void) | undefined;
  let unsubscribe: (() => void) | undefined;
  let isRunning = false;

  const tell = async (): Promise<void> => {
    for (const [name, value] of Object.entries(statusPayloads(status())))
      await publish({
        topic: `${prefix}/${name}`,
        payload: Buffer.from(JSON.stringify(value)),
        qos: 0,
        retain: true,
        origin: { kind: 'broker' },
      });
  };
  const tellNow = (): void => {
    cancel?.();
    cancel = isRunning ? clock.after(everyMs, tellNow) : undefined;
    tell().catch(() => undefined); // the store has said so itself, and the next hour brings the next
  };

  return {
    name: 'certificate topics',
    async start() {
      isRunning = true;
      unsubscribe = onChange(
        () => undefined,
        () => process.nextTick(tellNow), // what was taken over shows once the change is done
      );
      cancel = clock.after(everyMs, tellNow);
      await tell();
    },
    stop() {
      isRunning = false;
      cancel?.();
      unsubscribe?.();
      cancel = undefined;
      unsubscribe = undefined;
      return Promise.resolve();
    },
  };
}

/** What stands in each topic. */
function statusPayloads({ now, certificates, revocationLists, clients }: CertificateStatus) {
  const secondsLeft = (notAfter: number): number => Math.floor((notAfter - now) / 1_000);
  const inFile = (name: string) => certificates.filter(({ file }) => file === name).map(certificate);
  const certificate = ({ subject, notBefore, notAfter }: CertificateInUse) => ({
    subject,
    notBefore: isoTime(notBefore),
    notAfter: isoTime(notAfter),
    secondsLeft: secondsLeft(notAfter),
  });
  return {
    server: inFile('server.pem'),
    authorities: inFile('ca-chain.pem'),
    listeners: certificates
      .filter(({ file }) => file !== 'server.pem' && file !== 'ca-chain.pem')
      .map((one) => ({ file: one.file, ...certificate(one) })),
    'revocation-lists': revocationLists.map(({ file, issuer, entries, state, nextUpdate }) => ({
      file,
      issuer,
      entries,
      state,
      ...(nextUpdate === undefined ? {} : { until: isoTime(nextUpdate), secondsLeft: secondsLeft(nextUpdate) }),
    })),
    clients: clientsPayload(clients),
  };
}

/** Client certificates that somebody has to care for, for programs. */
export const clientsPayload = ({ valid, expiring, onOldAuthority }: ClientCertificates) => ({
  valid,
  expiring: listOf(expiring),
  onOldAuthority: listOf(onOldAuthority),
});

const listOf = (entries: readonly LedgerEntry[]) => ({
  count: entries.length,
  first: entries.slice(0, maxListed).map(({ subject, serialNumber, notAfter, lastSeenAt }) => ({
    subject,
    serialNumber,
    notAfter: isoTime(notAfter),
    ...(lastSeenAt === undefined ? {} : { lastSeen: isoTime(lastSeenAt) }),
  })),
});
