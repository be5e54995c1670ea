import type { TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../../broker/ports.ts';
import { type Clock, isoTime } from '../../kernel/clock.ts';
import { hourMs } from '../../kernel/duration.ts';
import { ConnectionError } from '../../kernel/errors.ts';
import type { RevocationCheck } from './revocation.ts';
import { revocationRefusal } from './revocation-refusal.ts';

/** Open connections by the certificate that they began with, for the day on which it is revoked or ends. */
export interface OpenCertificates {
  /** Remembers a connection until it closes. @param endsWithIt closes it when its certificate ends */
  add(socket: TLSSocket, certificate: PeerCertificate, endsWithIt: boolean): void;
  /** Closes those whose certificate is revoked now. @returns one sentence for each. */
  closeRevoked(check: RevocationCheck): readonly string[];
  /** Closes nothing more when its time comes. */
  stop(): void;
}

interface OpenConnection {
  readonly certificate: PeerCertificate;
  readonly endsWithIt: boolean;
}

/** Longest wait for the next end: dates are of a clock that may be set meanwhile. */
const maxWaitMs = hourMs;

/** @param ended told of each connection that was closed because its certificate ended, in a sentence */
export function openCertificates(clock: Clock, ended: (detail: string) => void): OpenCertificates {
  const open = new Map<TLSSocket, OpenConnection>();
  let wakesAt = Number.POSITIVE_INFINITY;
  let cancel: (() => void) | undefined;

  const close = (socket: TLSSocket, detail: string): void => {
    socket.destroy(new ConnectionError('client-failed', `closed by the broker: ${detail}`));
  };
  const wakeAt = (time: number): void => {
    if (time >= wakesAt) return;
    cancel?.();
    wakesAt = time;
    cancel = clock.after(Math.min(maxWaitMs, Math.max(0, time - clock.now())), closeEnded);
  };
  const closeEnded = (): void => {
    wakesAt = Number.POSITIVE_INFINITY;
    cancel = undefined;
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [socket, { certificate, endsWithIt }] of open) {
      if (!endsWithIt || socket.destroyed) continue;
      const { subject, validTo } = certificate;
      if (validTo > now) {
        next = Math.min(next, validTo);
        continue;
      }
      const detail = `client certificate "${subject}" ended on ${isoTime(validTo)} (certificates.closeExpired)`;
      close(socket, detail);
      ended(detail);
    }
    wakeAt(next);
  };

  return {
    add(socket, certificate, endsWithIt) {
      open.set(socket, { certificate, endsWithIt });
      socket.once('close', () => open.delete(socket));
      if (endsWithIt) wakeAt(certificate.validTo);
    },
    closeRevoked(check) {
      const closed: string[] = [];
      for (const [socket, { certificate }] of open) {
        if (socket.destroyed || !check.isSuspect(certificate.serialNumber)) continue;
        const x509 = socket.getPeerX509Certificate();
        const finding = x509 && check.judge(x509, clock.now());
        if (finding?.kind !== 'revoked') continue;
        const { detail } = revocationRefusal(finding, certificate);
        closed.push(detail);
        close(socket, detail);
      }
      return closed;
    },
    stop() {
      cancel?.();
      cancel = undefined;
      wakesAt = Number.POSITIVE_INFINITY;
    },
  };
}
