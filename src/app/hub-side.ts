import { hubListener } from '../auth/rules/rule-options.ts';
import { codecOptions } from '../bridge/mapping/codec-options.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import { createHub, type Hub } from '../hub/hub.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { listenerTls } from '../transport/listener-tls.ts';
import { listenerSchema } from '../transport/schema.ts';
import type { CertificateSource } from '../transport/tls/certificates.ts';
import { ticketSecrets } from '../transport/tls/ticket-keys.ts';
import { type HubAccess, hubGuard } from './hub-guard.ts';
import { version } from './version.ts';

export interface HubSideDeps {
  readonly access: HubAccess;
  readonly certificates: CertificateSource;
  readonly serverName: string;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** The embedded hub, with who may come to it; undefined where the configuration names servers. */
export function createHubSide(
  { nats, bridge }: Pick<ResolvedConfig, 'nats' | 'bridge'>,
  { access, certificates, serverName, telemetry, clock }: HubSideDeps,
): Hub | undefined {
  if (nats.servers.length > 0) return undefined;
  const { authentication, tls } = nats.hub;
  const { events } = telemetry;
  const guard =
    authentication === undefined ? undefined : hubGuard(codecOptions(bridge.codec), { ...access, events, clock });
  const facts = { name: hubListener, bind: '127.0.0.1:0', tls, accept: ['mqtt'], alpn: false };
  const tlsSide = listenerTls(
    listenerSchema.parse(facts),
    { certificates, telemetry, clock },
    ticketSecrets(undefined),
  );
  return createHub(nats.hub, { telemetry, clock, version, serverName, guard, tls: tlsSide });
}
