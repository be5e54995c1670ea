import type { AcceptLink, HttpHandler } from '../broker/ports.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { createListener, type TransportListener } from '../transport/listener.ts';
import type { CertificateSource } from '../transport/tls/certificates.ts';

export interface ListenersDeps {
  readonly accept: AcceptLink;
  readonly http: HttpHandler;
  readonly certificates: CertificateSource;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** The listeners that the configuration names. */
export const createListeners = (
  { listeners, secrets }: Pick<ResolvedConfig, 'listeners' | 'secrets'>,
  { accept, http, certificates, telemetry, clock }: ListenersDeps,
): TransportListener[] =>
  listeners.map((options) =>
    createListener(options)({
      accept,
      http: options.accept.includes('http') ? http : undefined,
      certificates: options.tls === 'off' ? undefined : certificates,
      ticketSecret: options.tickets.secret && secrets.secret(options.tickets.secret),
      pskIdentities: options.psk && secrets.secret(options.psk.identities),
      telemetry,
      clock,
    }),
  );
