import type { Socket } from 'node:net';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import type { PeerTls } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ConnectionRefusal } from '../connection-refusal.ts';
import type { CertificateSource } from './certificates.ts';
import { type ChainDepth, chainDepth } from './chain-depth.ts';
import { type ClientCertificateRules, clientJudge } from './client-judge.ts';
import type { KeyLog } from './key-log.ts';
import { hasAlternatives, materialOf } from './own-certificates.ts';
import { type TlsPolicy, withPskCiphers } from './policy.ts';
import type { PreSharedKeys } from './psk.ts';
import { handshakeRefusal } from './refusal.ts';
import { serverContexts, sessionScope } from './server-contexts.ts';
import { staplingOptions } from './stapling-hook.ts';
import { useTicketKeys } from './ticket-hook.ts';
import { type TicketSecrets, ticketKeys } from './ticket-keys.ts';

/** Told once of each handshake, unless the socket closes without a word; the owner of the socket sees that itself. */
export interface HandshakeHandler {
  onSecure(socket: TLSSocket, tls: PeerTls): void;
  /** The socket is destroyed right after. */
  onRefused(refusal: ConnectionRefusal): void;
}

export interface TlsAcceptor {
  /** Follows the certificates from here on. @throws when the material cannot be used. */
  start(): void;
  stop(): void;
  /** Begins a handshake; bytes that were put back with `unshift` are part of it. */
  accept(raw: Socket, handler: HandshakeHandler): void;
}

/** What the handshakes of one listener are made with. */
export interface TlsAcceptorOptions {
  /** Name of the listener, which may have certificates of its own. */
  readonly listener: string;
  readonly certificates: CertificateSource;
  readonly policy: TlsPolicy;
  readonly clients: ClientCertificateRules;
  /** See `chainDepth`; undefined: no limit. */
  readonly clientChainDepth: number | undefined;
  readonly tickets: { readonly rotateMs: number; readonly secrets: TicketSecrets };
  /** Names to agree on by ALPN; undefined: what the client says is not answered. */
  readonly alpnProtocols: readonly string[] | undefined;
  readonly psk: PreSharedKeys | undefined;
  readonly keyLog: KeyLog | undefined;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** An open connection is closed because its certificate is revoked. @param detail a sentence. */
  readonly onRevoked: (detail: string) => void;
  /** The same because it has ended. */
  readonly onEnded: (detail: string) => void;
}

/**
 * The server side of TLS handshakes. Not a tls.Server, because that one, on Node 20 to 26, ignores `allowPartialTrustChain`
 * and destroys a client with a bad certificate before anyone can read whose it was.
 */
export function tlsAcceptor(options: TlsAcceptorOptions): TlsAcceptor {
  const { certificates, clients, psk, keyLog } = options;
  let setting: Setting | undefined;
  let unsubscribe: (() => void) | undefined;
  const nextSetting = settings(options);
  const clientJudgement = clientJudge({
    rules: clients,
    certificates,
    chainDepth: () => setting?.chainDepth,
    pskIdentity: psk && ((socket) => psk.identityOf(socket)),
    clock: options.clock,
    onEnded: options.onEnded,
  });
  const closeRevoked = (): void => {
    for (const detail of clientJudgement.closeRevoked()) options.onRevoked(detail);
  };

  return {
    start() {
      setting = nextSetting();
      keyLog?.start();
      unsubscribe = certificates.onChange(() => {
        setting = nextSetting();
      }, closeRevoked);
    },
    stop() {
      unsubscribe?.();
      unsubscribe = undefined;
      clientJudgement.stop();
      keyLog?.stop();
    },
    accept(raw, handler) {
      if (setting === undefined) throw new Error('tlsAcceptor.accept before start');
      const socket = new TLSSocket(raw, setting.socketOptions);
      socket.disableRenegotiation(); // TLS 1.2: a client could ask for handshakes without end
      if (keyLog !== undefined) socket.on('keylog', (line: Buffer) => keyLog.write(line));
      let isThrough = false;
      const onError = (error: Error): void => {
        if (isThrough) return; // Node closes the socket right after, and its owner listens to that
        isThrough = true;
        const refusal = handshakeRefusal(error, options.policy.minVersion);
        if (refusal !== undefined) handler.onRefused(refusal);
      };
      const onSecure = (): void => {
        isThrough = true;
        const verdict = clientJudgement.judge(socket);
        if ('reason' in verdict) {
          handler.onRefused(verdict);
          socket.destroy();
          return;
        }
        handler.onSecure(socket, verdict);
      };
      socket.on('error', onError);
      socket.once('secure', onSecure);
    },
  };
}

/** Made once for each set of certificates, so that a connection pays for nothing of it. */
interface Setting {
  readonly socketOptions: TLSSocketOptions;
  readonly chainDepth: ChainDepth | undefined;
}

function settings(options: TlsAcceptorOptions): () => Setting {
  const { certificates, clients, clientChainDepth, psk, alpnProtocols, clock } = options;
  const { rotateMs, secrets } = options.tickets;
  const asksForCertificate = clients.certificate !== 'none';
  /** Which key was used, and the length of a chain, cannot be told of a session that is resumed. */
  const resumes = psk === undefined && clientChainDepth === undefined;
  const policy = psk === undefined ? options.policy : withPskCiphers(options.policy);
  return () => {
    const material = materialOf(certificates.current(), options.listener);
    const scope = sessionScope(material, asksForCertificate);
    const sessions = { sessionScope: scope, sessionSeconds: Math.ceil(rotateMs / 1_000), resumes };
    const contexts = serverContexts(material, sessions, policy);
    // Node does not say which of two certificates was chosen, and a response about the other breaks the handshake
    const staples = hasAlternatives(material) ? undefined : material.staples;
    /** Ticket keys outlive the context: a client resumes its session under renewed certificates too. */
    if (resumes && !useTicketKeys(contexts.byDefault, ticketKeys({ secrets, scope, rotateMs, clock })))
      options.warn(
        `Node ${process.version} takes no ticket keys, so fewer TLS sessions resume; use a supported version`,
      );
    return {
      chainDepth: clientChainDepth === undefined ? undefined : chainDepth(material.clientCa, clientChainDepth),
      socketOptions: {
        isServer: true,
        secureContext: contexts.byDefault,
        ...(contexts.choose === undefined ? {} : { SNICallback: contexts.choose }),
        ...(alpnProtocols === undefined ? {} : { ALPNProtocols: [...alpnProtocols] }),
        ...(psk === undefined ? {} : { pskCallback: psk.callback }),
        ...(staples === undefined ? {} : staplingOptions(contexts.byDefault, staples)),
        requestCert: asksForCertificate,
        rejectUnauthorized: clients.certificate === 'required', // sends the alert when there is no certificate at all
      },
    };
  };
}
