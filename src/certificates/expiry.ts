import type { X509Certificate } from 'node:crypto';
import { type Clock, isoTime } from '../kernel/clock.ts';
import { dayMs } from '../kernel/duration.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { describeX509 } from '../pki/x509/inspect.ts';
import { parseCertificates } from '../pki/x509/pem.ts';
import type { TlsMaterial } from '../transport/tls/material.ts';
import { certificateExpiring } from './events.ts';

/** When a certificate is valid, in milliseconds since the epoch. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

const warnMs = 30 * dayMs;

/** In its last 30 days, or the last third of its life where that is shorter, somebody has to care for it. */
export const expiresSoon = ({ notBefore, notAfter }: Validity, now: number): boolean =>
  notAfter - now < Math.min(warnMs, (notAfter - notBefore) / 3);

/** A certificate that the listeners use now. */
export interface CertificateInUse extends Validity {
  /** `server.pem`, `ca-chain.pem`, or a file that a listener has of its own. */
  readonly file: string;
  readonly subject: string;
}

/** Of each file the certificates that end first are watched, so that a large bundle makes no flood of lines. */
const maxWatched = 20;

/** What listeners show and trust, the first of each file to end at its front. @param own files of single listeners. */
export function certificatesInUse(
  { cert, clientCa }: Pick<TlsMaterial, 'cert' | 'clientCa'>,
  own: readonly { readonly file: string; readonly pem: string }[] = [],
): CertificateInUse[] {
  const read = (file: string, pem: string): CertificateInUse[] => {
    const certificates = parseCertificates(pem);
    if (typeof certificates === 'string') return [];
    return certificates
      .filter((certificate) => !certificates.some((other) => isSuccessor(other, certificate)))
      .map((certificate) => ({ file, ...describeX509(certificate) }))
      .toSorted((a, b) => a.notAfter - b.notAfter)
      .slice(0, maxWatched);
  };
  return [
    ...read('server.pem', cert),
    ...read('ca-chain.pem', clientCa),
    ...own.flatMap(({ file, pem }) => read(file, pem)),
  ];
}

/** One that does the same for longer: a renewed CA stands beside the one before until that ends. */
const isSuccessor = (other: X509Certificate, one: X509Certificate): boolean =>
  other.subject === one.subject &&
  Date.parse(other.validTo) > Date.parse(one.validTo) &&
  other.publicKey.equals(one.publicKey);

/** Warns of what ends soon, once a day from a day after the start: the start itself warns as it reads the files. */
export interface ExpiryWatch {
  start(): void;
  stop(): void;
}

export function expiryWatch(options: {
  readonly inUse: () => readonly CertificateInUse[];
  readonly clock: Clock;
  readonly events: Events;
}): ExpiryWatch {
  const { inUse, clock, events } = options;
  let cancel: (() => void) | undefined;
  const look = (): void => {
    const now = clock.now();
    for (const { file, subject, ...validity } of inUse()) {
      if (!expiresSoon(validity, now)) continue;
      const daysLeft = Math.floor((validity.notAfter - now) / dayMs);
      events.emit(certificateExpiring, { file, subject, until: isoTime(validity.notAfter), daysLeft });
    }
    cancel = clock.after(dayMs, look);
  };
  return {
    start() {
      cancel?.();
      cancel = clock.after(dayMs, look);
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
