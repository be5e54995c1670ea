import { resolve } from 'node:path';
import { StartError } from '../kernel/errors.ts';
import { alpnProtocols } from './alpn.ts';
import { connectionExpired, connectionRevoked, keyLogIsOn } from './events.ts';
import type { ListenerDeps } from './listener-deps.ts';
import type { ListenerOptions } from './schema.ts';
import { type TlsAcceptor, tlsAcceptor } from './tls/acceptor.ts';
import { type KeyLog, keyLog } from './tls/key-log.ts';
import { tlsPolicy } from './tls/policy.ts';
import { preSharedKeys } from './tls/psk.ts';
import { checkTicketSecret, type TicketSecrets } from './tls/ticket-keys.ts';

const clientCertificateOf = {
  'one-way': 'none',
  auto: 'none',
  'two-way-optional': 'optional',
  'two-way': 'required',
} as const;

/**
 * TLS as a listener is configured; undefined where it has none, or there are no certificates.
 * `start` throws StartError where a secret could be guessed, pre-shared keys do not read, or the key log cannot be written.
 */
export function listenerTls(
  options: ListenerOptions,
  deps: Pick<ListenerDeps, 'certificates' | 'ticketSecret' | 'pskIdentities' | 'telemetry' | 'clock'>,
  secrets: TicketSecrets,
): TlsAcceptor | undefined {
  const { name, tls, clientPins } = options;
  const { certificates, clock } = deps;
  if (tls === 'off' || certificates === undefined) return undefined;
  const log = newKeyLog(options, deps);
  const newAcceptor = (): TlsAcceptor =>
    tlsAcceptor({
      listener: name,
      certificates,
      policy: tlsPolicy(options.policy),
      clients: {
        certificate: clientCertificateOf[tls],
        pins: clientPins === undefined ? undefined : new Set(clientPins),
      },
      clientChainDepth: options.clientChainDepth,
      tickets: { rotateMs: options.tickets.rotate, secrets },
      alpnProtocols: options.alpn ? alpnProtocols(options) : undefined,
      psk: options.psk === undefined ? undefined : preSharedKeys(name, deps.pskIdentities ?? ''),
      keyLog: log,
      clock,
      warn: (message) => deps.telemetry.logger.log('warn', `listener ${name}: ${message}`),
      onRevoked: (detail) => deps.telemetry.events.emit(connectionRevoked, { listener: name, detail }),
      onEnded: (detail) => deps.telemetry.events.emit(connectionExpired, { listener: name, detail }),
    });
  let acceptor: TlsAcceptor | undefined;
  return {
    start() {
      checkTicketSecret(name, deps.ticketSecret);
      acceptor = newAcceptor();
      acceptor.start();
    },
    stop: () => acceptor?.stop(),
    accept(raw, handler) {
      if (acceptor === undefined) throw new StartError('start-failed', `listener ${name}: not started`);
      acceptor.accept(raw, handler);
    },
  };
}

function newKeyLog(
  { name, keyLog: configured }: ListenerOptions,
  { telemetry }: Pick<ListenerDeps, 'telemetry'>,
): KeyLog | undefined {
  if (configured === undefined) return undefined;
  const file = resolve(configured);
  const log = keyLog({
    listener: name,
    file,
    onError: (message) => telemetry.logger.log('error', `listener ${name}: ${message}`),
  });
  return {
    ...log,
    start() {
      log.start();
      telemetry.events.emit(keyLogIsOn, { listener: name, file });
    },
  };
}
