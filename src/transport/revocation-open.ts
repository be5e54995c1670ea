import type { TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import { ConnectionError } from '../kernel/errors.ts';
import type { RevocationCheck } from './revocation.ts';
import { revocationRefusal } from './revocation-refusal.ts';

/** Open connections by the certificate that they began with, for the day on which it is revoked. */
export interface OpenCertificates {
  /** Remembers a connection until it closes. */
  add(socket: TLSSocket, certificate: PeerCertificate): void;
  /** Closes those whose certificate is revoked now. @returns one sentence for each. */
  closeRevoked(check: RevocationCheck): readonly string[];
}

export function openCertificates(clock: Clock): OpenCertificates {
  const open = new Map<TLSSocket, PeerCertificate>();
  return {
    add(socket, certificate) {
      open.set(socket, certificate);
      socket.once('close', () => open.delete(socket));
    },
    closeRevoked(check) {
      const closed: string[] = [];
      for (const [socket, certificate] of open) {
        if (socket.destroyed || !check.isSuspect(certificate.serialNumber)) continue;
        const x509 = socket.getPeerX509Certificate();
        const finding = x509 && check.judge(x509, clock.now());
        if (finding?.kind !== 'revoked') continue;
        const { detail } = revocationRefusal(finding, certificate);
        closed.push(detail);
        socket.destroy(new ConnectionError('client-failed', `closed by the broker: ${detail}`));
      }
      return closed;
    },
  };
}
