import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createAdmin } from '../admin/server.ts';
import { createAccess } from '../auth/access.ts';
import { createBridge } from '../bridge/bridge.ts';
import { createNatsLink } from '../bridge/nats/nats-link.ts';
import { resolveNatsOptions } from '../bridge/nats/resolved-options.ts';
import { type Broker, createBroker } from '../broker/broker.ts';
import { caKeys } from '../certificates/ca-keys.ts';
import { createCertificates } from '../certificates/certificates.ts';
import { lastSeen } from '../certificates/last-seen.ts';
import { statusTopics } from '../certificates/status-topics.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import { createHub } from '../hub/hub.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { type Component, startInOrder, stopInReverse } from '../kernel/lifecycle.ts';
import { Plane } from '../plane/plane.ts';
import type { AppTelemetry } from '../telemetry/telemetry.ts';
import { createListener, type TransportListener } from '../transport/listener.ts';
import { brokerInfo } from './broker-info.ts';
import { appEnrollment } from './enrollment.ts';
import { registerGauges } from './gauges.ts';
import { createOutbox, createStore } from './store.ts';
import { version } from './version.ts';

/** Parts that tests replace. */
export interface AppOverrides {
  readonly telemetry: AppTelemetry;
  readonly clock?: Clock;
}

export interface App extends Component {
  readonly nodeId: string;
  /** What clients connect to, e.g. `mqtts://127.0.0.1:8883`; known after `start`. */
  urls(): string[];
  listener(name: string): TransportListener | undefined;
  /** Reads the certificates again without closing a connection. */
  reload(): Promise<void>;
}

/**
 * Puts the program together. How a message travels: a listener (transport) turns a socket into a link; the broker's
 * edge cuts packets out of it; the engine keeps sessions and hands every message to the plane; the plane delivers
 * to the clients that subscribed and to the bridge, which is one more subscriber. From NATS it goes the other way.
 */
export function createApp(config: ResolvedConfig, { telemetry, clock = systemClock }: AppOverrides): App {
  const nodeId = config.node ?? `viaduct-${randomBytes(6).toString('hex')}`;
  const usesTls = config.listeners.some(({ tls }) => tls !== 'off');

  const plane = new Plane();
  const store = createStore(config, { telemetry, clock });
  const authenticator = createAccess(config.access, config.listeners);
  const brokerOf = createBroker({ ...config, pacing: pacingOf(config) });
  const broker = brokerOf({ nodeId, plane, store, authenticator, clock, telemetry });
  const { certificates, keys, seen, certificateTopics } = certificateParts(config, { telemetry, clock, broker });
  const usesHub = config.nats.servers.length === 0;
  const hub = usesHub ? createHub(config.nats.hub)({ telemetry, clock, version, serverName: nodeId }) : undefined;
  const servers = hub === undefined ? config.nats.servers : () => [hub.url()];
  const bridgeOf = createBridge(config.bridge);
  const link = { servers, clientName: nodeId, hasEcho: bridgeOf.hearsItself, packetBytes: config.limits.packetSize };
  const nats = createNatsLink(resolveNatsOptions(config.nats, config.secrets, link))({ telemetry, clock });
  const outbox = createOutbox(config, { telemetry, clock });
  const bridge = bridgeOf({ plane: broker, nats, telemetry, outbox, clock });

  const enrollment = usesTls
    ? appEnrollment(config.enrollment, { folder: certificates.folder, broker, clock, telemetry })
    : { est: undefined, parts: [] };

  let status: 'starting' | 'ok' | 'stopping' = 'starting';
  const admin = createAdmin(config.console)({
    info: () => brokerInfo({ config, nodeId, status, broker, nats, hub, listeners, certificates }),
    metrics: () => telemetry.metricsText(),
    webDirectory: fileURLToPath(new URL('../../dist/web', import.meta.url)),
    est: enrollment.est,
    telemetry,
  });
  const listeners: TransportListener[] = config.listeners.map((options) =>
    createListener(options)({
      accept: (link) => {
        seen.note(link.peer);
        broker.accept(link);
      },
      http: options.accept.includes('http') ? admin : undefined,
      certificates: options.tls === 'off' ? undefined : certificates,
      ticketSecret: options.tickets.secret && config.secrets.secret(options.tickets.secret),
      pskIdentities: options.psk && config.secrets.secret(options.psk.identities),
      telemetry,
      clock,
    }),
  );
  registerGauges(telemetry, { certificates, broker, plane, nats, hub, listeners, bridge, outbox });

  const parts: Component[] = [
    ...(usesTls ? [certificates, keys] : []),
    broker,
    ...(hub === undefined ? [] : [hub]),
    nats,
    ...(outbox === undefined ? [] : [outbox]),
    bridge,
    ...(usesTls ? [seen, certificateTopics] : []),
    ...enrollment.parts,
    ...listeners,
    clientsOf(broker),
  ];

  return {
    name: 'viaduct',
    nodeId,
    async start(signal) {
      await startInOrder(parts, signal);
      status = 'ok';
    },
    async stop(deadline) {
      status = 'stopping';
      const failures = await stopInReverse(parts, deadline);
      if (failures.length > 0) throw new AggregateError(failures, 'some parts did not stop cleanly');
    },
    urls: () => [...listeners.flatMap((listener) => listener.urls()), ...(hub === undefined ? [] : [hub.url()])],
    listener: (name) => listeners.find((listener) => listener.name === name),
    async reload() {
      if (usesTls) await certificates.reload();
    },
  };
}

/** Stands last so that stopping begins with the clients, before the listeners wait for their connections to end. */
const clientsOf = (broker: Broker): Component => ({
  name: 'clients',
  start: () => Promise.resolve(),
  stop: () => broker.disconnectAll(),
});

/** While a client is connected, messages from NATS fill half of its queue, and wait in memory beyond that. */
const pacingOf = ({ store, bridge }: ResolvedConfig) => ({
  queuedMessages: Math.max(1, Math.floor(store.queue.messages / 2)),
  queuedBytes: Math.max(1, Math.floor(store.queue.bytes / 2)),
  heldBytes: bridge.maxHeld,
});

/** The certificates, and what is told of them: to the ledger when one was last used, to `$SYS` until when they count. */
function certificateParts(
  { certificates: options, certificatePassphrase: passphrase, listeners }: ResolvedConfig,
  { telemetry, clock, broker }: { readonly telemetry: AppTelemetry; readonly clock: Clock; readonly broker: Broker },
) {
  const certificates = createCertificates(options, { telemetry, clock, passphrase, listeners });
  return {
    certificates,
    keys: caKeys(certificates.folder, passphrase, telemetry.events),
    seen: lastSeen(certificates.folder.ledger, { clock, events: telemetry.events }),
    certificateTopics: statusTopics({
      status: certificates.status,
      onChange: (take, settled) => certificates.onChange(take, settled),
      publish: (message) => broker.publish(message),
      clock,
    }),
  };
}
