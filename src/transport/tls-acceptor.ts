import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { PeerTls } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import { type CertificateSource, serverContext, sessionScope } from './certificates.ts';
import type { Refusal } from './refusal.ts';
import { useTicketKeys } from './ticket-hook.ts';
import { ticketKeys, ticketSecrets } from './ticket-keys.ts';
import { peerCertificate, peerTls } from './tls-peer.ts';
import { certificateRefusal, handshakeRefusal } from './tls-refusal.ts';

/** Told once of each handshake, unless the socket closes without a word; the owner of the socket sees that itself. */
export interface HandshakeHandler {
  onSecure(socket: TLSSocket, tls: PeerTls): void;
  /** The socket is destroyed right after. */
  onRefused(refusal: Refusal): void;
}

export interface TlsAcceptor {
  /** Follows the certificates from here on. @throws when the material cannot be used. */
  start(): void;
  stop(): void;
  /** Begins a handshake; bytes that were put back with `unshift` are part of it. */
  accept(raw: Socket, handler: HandshakeHandler): void;
}

/** The end of a handshake as tls.Server sees it: not of Node's documented interface, but in every version of it. */
interface HandshakeEnd {
  /** From here on errors of the TLS layer are events of the socket. */
  _releaseControl(): boolean;
  readonly _handle: { verifyError(): { readonly code: string } | null | undefined };
}

const isHandshakeEnd = (socket: object): socket is HandshakeEnd => {
  const handle: unknown = Reflect.get(socket, '_handle');
  return '_releaseControl' in socket && typeof handle === 'object' && handle !== null && 'verifyError' in handle;
};

const unsupportedNode: Refusal = {
  reason: 'tls-failed',
  detail: `Node ${process.version} does not tell whether a client certificate verified; use a supported version`,
};

/**
 * The server side of TLS handshakes. Not a tls.Server, because that one, on Node 20, ignores `allowPartialTrustChain`
 * and destroys a client with a bad certificate before anyone can read whose it was.
 */
export function tlsAcceptor(options: {
  readonly requiresCertificate: boolean;
  readonly certificates: CertificateSource;
  readonly tickets: { readonly rotateMs: number; readonly secret: string | undefined };
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}): TlsAcceptor {
  const { certificates, requiresCertificate, clock } = options;
  const { rotateMs } = options.tickets;
  const secrets = ticketSecrets(options.tickets.secret);
  /** Ticket keys outlive the context: a client resumes its session under renewed certificates too. */
  const newContext = (): SecureContext => {
    const material = certificates.current();
    const scope = sessionScope(material, requiresCertificate);
    const next = serverContext(material, { sessionScope: scope, sessionSeconds: Math.ceil(rotateMs / 1_000) });
    if (!useTicketKeys(next, ticketKeys({ secrets, scope, rotateMs, clock })))
      options.warn(
        `Node ${process.version} takes no ticket keys, so fewer TLS sessions resume; use a supported version`,
      );
    return next;
  };
  let context: SecureContext | undefined;
  let unsubscribe: (() => void) | undefined;

  /** Checks the certificate of a client that got through the handshake. */
  const judge = (socket: TLSSocket): PeerTls | Refusal => {
    if (!isHandshakeEnd(socket)) return unsupportedNode;
    socket._releaseControl();
    if (!requiresCertificate) return peerTls(socket, undefined);
    const x509 = socket.getPeerX509Certificate();
    if (x509 === undefined) return { reason: 'no-certificate', detail: 'the client sent no certificate' };
    const certificate = peerCertificate(x509, () => socket.getPeerX509Certificate());
    // A resumed session carries the verdict of its first handshake; time goes on meanwhile.
    const code =
      socket._handle.verifyError()?.code ?? (certificate.validTo <= clock.now() ? 'CERT_HAS_EXPIRED' : undefined);
    if (code === undefined) return peerTls(socket, certificate);
    return certificateRefusal(code, { ...certificate, validFrom: Date.parse(x509.validFrom) }, clock.now());
  };

  return {
    start() {
      context = newContext();
      unsubscribe = certificates.onChange(() => {
        context = newContext();
      });
    },
    stop() {
      unsubscribe?.();
      unsubscribe = undefined;
    },
    accept(raw, handler) {
      if (context === undefined) throw new Error('tlsAcceptor.accept before start');
      const socket = new TLSSocket(raw, {
        isServer: true,
        secureContext: context,
        requestCert: requiresCertificate,
        rejectUnauthorized: requiresCertificate, // sends the alert when there is no certificate at all
      });
      socket.disableRenegotiation(); // TLS 1.2: a client could ask for handshakes without end
      const onError = (error: Error): void => {
        const refusal = handshakeRefusal(error);
        if (refusal !== undefined) handler.onRefused(refusal);
      };
      const onSecure = (): void => {
        socket.on('error', ignoreError);
        socket.removeListener('error', onError);
        const verdict = judge(socket);
        if ('reason' in verdict) {
          handler.onRefused(verdict);
          socket.destroy();
          return;
        }
        handler.onSecure(socket, verdict);
      };
      socket.once('error', onError);
      socket.once('secure', onSecure);
    },
  };
}

/** A socket that fails is closed by Node right after; whoever is concerned listens to that. */
export const ignoreError = (): void => undefined;
