import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createAdmin } from '../admin/server.ts';
import { createAccess } from '../auth/access.ts';
import { type Broker, createBroker } from '../broker/broker.ts';
import type { Authenticator, HttpHandler, Link } from '../broker/ports.ts';
import { caKeys } from '../certificates/ca-keys.ts';
import { createCertificates } from '../certificates/certificates.ts';
import { lastSeen } from '../certificates/last-seen.ts';
import { statusTopics } from '../certificates/status-topics.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { messageOf, StartError } from '../kernel/errors.ts';
import { type Component, startInOrder, stopInReverse } from '../kernel/lifecycle.ts';
import { atOnce, Live, type Prepare, takeOver } from '../kernel/prepared.ts';
import { Plane } from '../plane/plane.ts';
import type { AppTelemetry } from '../telemetry/telemetry.ts';
import type { TransportListener } from '../transport/listener.ts';
import { brokerInfo } from './broker-info.ts';
import { appEnrollment } from './enrollment.ts';
import { partNotEnded } from './events.ts';
import { registerGauges } from './gauges.ts';
import { createListeners } from './listeners.ts';
import { createNatsSide } from './nats-side.ts';
import { createStore } from './store.ts';

/** What ends at a reload has so long to drain. */
const drainMs = 10_000;

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
  /**
   * Takes another configuration over without closing a connection, and reads the certificates again. All or nothing.
   * @param next with what needs a restart as it is; left out: the one that runs
   * @throws AppError where some part cannot; then everything is as it was
   */
  reload(next?: ResolvedConfig): Promise<void>;
}

/**
 * Puts the program together. How a message travels: a listener (transport) turns a socket into a link; the broker's
 * edge cuts packets out of it; the engine keeps sessions and hands every message to the plane; the plane delivers
 * to the clients that subscribed and to the bridge, which is one more subscriber. From NATS it goes the other way.
 */
export function createApp(initial: ResolvedConfig, { telemetry, clock = systemClock }: AppOverrides): App {
  let config = initial;
  const nodeId = config.node ?? `viaduct-${randomBytes(6).toString('hex')}`;
  const usesTls = config.listeners.some(({ tls }) => tls !== 'off');

  const plane = new Plane();
  const store = createStore(config, { telemetry, clock });
  const accessOf = ({ access, listeners }: ResolvedConfig): Authenticator =>
    createAccess(access)({ listeners, events: telemetry.events });
  const access = new Live(accessOf(config));
  const authenticator: Authenticator = { authenticate: (request) => access.current.authenticate(request) };
  const brokerOf = createBroker({ ...config, pacing: pacingOf(config) });
  const broker = brokerOf({ nodeId, plane, store, authenticator, clock, telemetry });
  const { certificates, keys, seen, certificateTopics } = certificateParts(config, { telemetry, clock, broker });
  const natsSide = createNatsSide(config, { broker, packetBytes: () => config.limits.packetSize, telemetry, clock });
  const { hub, nats, bridge } = natsSide;
  const enrollment = usesTls
    ? appEnrollment(config.enrollment, { folder: certificates.folder, broker, clock, telemetry })
    : { est: undefined, parts: [] };

  const stopping = new AbortController();
  let status: 'starting' | 'ok' | 'stopping' = 'starting';
  const adminOf = ({ console }: ResolvedConfig): HttpHandler =>
    createAdmin(console)({
      info: () => brokerInfo({ config, nodeId, status, broker, nats, bridge, hub, listeners, certificates }),
      metrics: () => telemetry.metricsText(),
      webDirectory: fileURLToPath(new URL('../../dist/web', import.meta.url)),
      est: enrollment.est,
      telemetry,
    });
  const admin = new Live(adminOf(config));
  const http: HttpHandler = (...request) => admin.current(...request);
  const accept = (link: Link): void => {
    seen.note(link.peer);
    broker.accept(link);
  };
  const listeners = createListeners(config, { accept, http, certificates, telemetry, clock });
  registerGauges(telemetry, { certificates, broker, plane, listeners, ...natsSide });

  const parts: Component[] = [
    ...(usesTls ? [certificates, keys] : []),
    broker,
    ...natsSide.parts,
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
      stopping.abort(new StartError('start-aborted', 'the broker stops'));
      const failures = await stopInReverse(parts, deadline);
      if (failures.length > 0) throw new AggregateError(failures, 'some parts did not stop cleanly');
    },
    urls: () => [...listeners.flatMap((listener) => listener.urls()), ...(hub === undefined ? [] : [hub.url()])],
    listener: (name) => listeners.find((listener) => listener.name === name),
    async reload(next = config) {
      const prepares: Prepare[] = [
        () => access.prepare(accessOf(next)),
        () => admin.prepare(adminOf(next)),
        () => atOnce(() => broker.limit(next.limits)),
        () => atOnce(() => telemetry.configure(next.log)),
        // last, as it is not taken back; it takes all of the certificates or none
        async () => {
          if (usesTls) await certificates.reload();
          return atOnce(() => undefined);
        },
      ];
      const failures = await takeOver(prepares, stopping.signal, AbortSignal.timeout(drainMs));
      for (const failure of failures) telemetry.events.emit(partNotEnded, { problem: messageOf(failure) });
      config = next;
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
