import { randomBytes } from 'node:crypto';
import type { NatsRequest } from '../auth/provider.ts';
import { type Broker, createBroker } from '../broker/broker.ts';
import type { Link } from '../broker/ports.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { messageOf, StartError } from '../kernel/errors.ts';
import { type Component, startInOrder, stopInReverse } from '../kernel/lifecycle.ts';
import { atOnce, followed, nothing, type Prepare, takeOver } from '../kernel/prepared.ts';
import { Plane } from '../plane/plane.ts';
import { createAudit } from '../telemetry/audit.ts';
import type { AppTelemetry } from '../telemetry/telemetry.ts';
import type { TransportListener } from '../transport/listener.ts';
import { createAccessSide } from './access-side.ts';
import { brokerInfo } from './broker-info.ts';
import { type CertificateChange, createCertificateSide } from './certificate-side.ts';
import { partNotEnded } from './events.ts';
import { createFigures } from './figures.ts';
import { createHttpSide } from './http-side.ts';
import { createListeners, type Generation } from './listeners.ts';
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
   * @returns why some of it waits for a restart all the same, in sentences
   * @throws AppError where some part cannot; then everything is as it was
   */
  reload(next?: ResolvedConfig): Promise<readonly string[]>;
}

/**
 * Puts the program together. How a message travels: a listener (transport) turns a socket into a link; the broker's
 * edge cuts packets out of it; the engine keeps sessions and hands every message to the plane; the plane delivers
 * to the clients that subscribed and to the bridge, which is one more subscriber. From NATS it goes the other way.
 */
export function createApp(initial: ResolvedConfig, { telemetry, clock = systemClock }: AppOverrides): App {
  let config = initial;
  const nodeId = config.node ?? `viaduct-${randomBytes(6).toString('hex')}`;

  const audit = createAudit(config.audit, { source: telemetry, events: telemetry.events, clock });
  const plane = new Plane();
  const store = createStore(config, { telemetry, clock });
  const natsRequest: NatsRequest = (...request) => nats.request(...request); // asked once it has started
  const reconsider = async (): Promise<void> => void (await Promise.all([broker.reconsider(), hub?.reconsider()]));
  const access = createAccessSide(config, { events: telemetry.events, clock, natsRequest, changed: reconsider });
  const { doors, authenticator, authorizer } = access;
  const brokerDeps = { nodeId, plane, store, authenticator, authorizer, clock, telemetry };
  const broker = createBroker({ ...config, pacing: pacingOf(config) }, brokerDeps);
  const certificateSide = createCertificateSide(config, { telemetry, clock, broker });
  const { source, certificates, files, tellers } = certificateSide;
  const limits = (): ResolvedConfig['limits'] => config.limits;
  const natsSide = createNatsSide(config, { broker, access, certificates: source, limits, telemetry, clock });
  const { hub, nats, bridge } = natsSide;
  const stopping = new AbortController();
  let status: 'starting' | 'ok' | 'stopping' = 'starting';
  const httpSide = createHttpSide(config, {
    info: () =>
      brokerInfo({ config, nodeId, status, broker, nats, bridge, hub, listeners: listeners.all(), certificates }),
    enrollment: certificateSide.routes(),
    broker,
    telemetry,
    clock,
  });
  const accept = (link: Link, generation: Generation): void => {
    certificateSide.note(link.peer);
    doors.entered(link.peer, generation);
    broker.accept(link);
  };
  const { isBanned } = access;
  const ways = { accept, isBanned, retired: doors.retired, http: httpSide.handler, telemetry, clock };
  const listeners = createListeners(config, source, ways);
  const sources = { certificates, broker, plane, store, listeners, ...natsSide };
  const figures = createFigures(config, { ...sources, telemetry, clock });
  const clients = clientsOf(broker);
  const parts = [audit, files, access, store, broker, ...natsSide.parts, tellers, figures, listeners, clients];

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
      await stopAll(parts, deadline);
    },
    urls: () => [...listeners.all().flatMap((listener) => listener.urls()), ...(hub === undefined ? [] : [hub.url()])],
    listener: (name) => listeners.all().find((listener) => listener.name === name),
    async reload(next = config) {
      const waiting: string[] = [];
      let change: CertificateChange | undefined;
      const prepares: Prepare[] = [
        async (signal) => (change = await certificateSide.prepare(next, signal)),
        () => listeners.prepare(next, change?.source ?? source),
        (signal) => natsSide.prepareRules(next.bridge.rules, (reason) => waiting.push(reason), signal),
        () => httpSide.prepare(next, change?.routes ?? certificateSide.routes()),
        (signal) => access.prepare(next, signal),
        () => audit.prepare(next.audit),
        () => followed(authorizer.prepare(next.access), reconsider),
        () =>
          atOnce(() => {
            broker.limit(next.limits);
            telemetry.configure(next.log);
            figures.configure(next.metrics.sysTopics);
            config = next;
          }),
        () => change?.show() ?? nothing, // last, as it is not taken back
      ];
      const failures = await takeOver(prepares, stopping.signal, AbortSignal.timeout(drainMs));
      for (const failure of failures) telemetry.events.emit(partNotEnded, { problem: messageOf(failure) });
      return waiting;
    },
  };
}

async function stopAll(parts: readonly Component[], deadline: AbortSignal): Promise<void> {
  const failures = await stopInReverse(parts, deadline);
  if (failures.length > 0) throw new AggregateError(failures, 'some parts did not stop cleanly');
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
