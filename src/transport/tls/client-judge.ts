import type { TLSSocket } from 'node:tls';
import type { PeerCertificate, PeerTls } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { keyFingerprint } from '../../pki/x509/keys.ts';
import type { ConnectionRefusal } from '../connection-refusal.ts';
import type { CertificateSource } from './certificates.ts';
import type { ChainDepth } from './chain-depth.ts';
import { openCertificates } from './open-certificates.ts';
import { peerCertificate, peerTls } from './peer.ts';
import { certificateRefusal } from './refusal.ts';
import { revocationRefusal } from './revocation-refusal.ts';

/** What is asked of the certificates of clients. */
export interface ClientCertificateRules {
  /** `optional`: none is fine, but one that does not verify is refused. */
  readonly certificate: 'none' | 'optional' | 'required';
  /** SHA-256 of the public keys that are let in, lower-case hex; undefined: all that verify. */
  readonly pins: ReadonlySet<string> | undefined;
}

/** Decides at the end of a handshake whether a client comes in. */
export interface ClientJudge {
  judge(socket: TLSSocket): PeerTls | ConnectionRefusal;
  /** Closes connections whose certificate is revoked by now. @returns one sentence for each. */
  closeRevoked(): readonly string[];
  /** Closes no connection any more because its certificate has ended. */
  stop(): void;
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

const unsupportedNode: ConnectionRefusal = {
  reason: 'tls-failed',
  detail: `Node ${process.version} does not tell whether a client certificate verified; use a supported version`,
};

const noCertificate: ConnectionRefusal = { reason: 'no-certificate', detail: 'the client sent no certificate' };

/**
 * @param chainDepth of the trust anchors in use; undefined: no limit.
 * @param pskIdentity the identity of a client whose pre-shared key has proved itself.
 */
export function clientJudge(options: {
  readonly rules: ClientCertificateRules;
  readonly certificates: CertificateSource;
  readonly chainDepth: () => ChainDepth | undefined;
  readonly pskIdentity: ((socket: TLSSocket) => string | undefined) | undefined;
  readonly clock: Clock;
  /** An open connection was closed because its certificate has ended. @param detail a sentence. */
  readonly onEnded: (detail: string) => void;
}): ClientJudge {
  const { rules, certificates, clock } = options;
  const asksForCertificate = rules.certificate !== 'none';
  const open = openCertificates(clock, options.onEnded);

  /** Why a certificate that verified is not good enough here. Node decodes it anew for each handshake, so only on need. */
  const objection = (socket: TLSSocket, certificate: PeerCertificate): ConnectionRefusal | undefined => {
    const { revocation } = certificates.current();
    const chainDepth = options.chainDepth();
    const isSuspect = revocation?.isSuspect(certificate.serialNumber) === true;
    if (rules.pins === undefined && chainDepth === undefined && !isSuspect) return undefined;
    const x509 = socket.getPeerX509Certificate();
    if (x509 === undefined) return noCertificate;
    if (rules.pins?.has(keyFingerprint(x509.publicKey)) === false)
      return {
        reason: 'certificate-not-pinned',
        detail: `client certificate "${certificate.subject}": its public key, SHA-256 ${keyFingerprint(x509.publicKey)}, is not in clientPins`,
      };
    const tooDeep = chainDepth?.excess(x509);
    if (tooDeep !== undefined)
      return {
        reason: 'certificate-rejected',
        detail: `client certificate "${certificate.subject}", issued by "${certificate.issuer}": ${tooDeep}`,
      };
    const finding = isSuspect ? revocation?.judge(x509, clock.now()) : undefined;
    return finding === undefined ? undefined : revocationRefusal(finding, certificate);
  };

  return {
    judge(socket) {
      if (!isHandshakeEnd(socket)) return unsupportedNode;
      socket._releaseControl();
      const pskIdentity = options.pskIdentity?.(socket);
      if (pskIdentity !== undefined) return { ...peerTls(socket, undefined), isResumed: false, pskIdentity };
      if (!asksForCertificate) return peerTls(socket, undefined);
      const presented = socket.getPeerCertificate();
      if (presented.raw === undefined)
        return rules.certificate === 'optional' ? peerTls(socket, undefined) : noCertificate;
      const certificate = peerCertificate(presented, () => socket.getPeerX509Certificate());
      // A resumed session carries the verdict of its first handshake; time goes on meanwhile.
      const code =
        socket._handle.verifyError()?.code ?? (certificate.validTo <= clock.now() ? 'CERT_HAS_EXPIRED' : undefined);
      if (code !== undefined)
        return certificateRefusal(code, { ...certificate, validFrom: Date.parse(presented.valid_from) }, clock.now());
      const refusal = objection(socket, certificate);
      if (refusal !== undefined) return refusal;
      open.add(socket, certificate, certificates.current().closesExpired === true);
      return peerTls(socket, certificate);
    },
    closeRevoked() {
      const { revocation } = certificates.current();
      return asksForCertificate && revocation?.closesOpen === true ? open.closeRevoked(revocation) : [];
    },
    stop: () => open.stop(),
  };
}
