import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { dialable, formatSocketAddress, type SocketAddress } from '../kernel/address.ts';
import type { Clock } from '../kernel/clock.ts';
import { StartError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { listen } from '../kernel/listen.ts';
import { Slices } from '../kernel/slices.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { Turn } from '../plane/turn.ts';
import { BlockPool } from './blocks.ts';
import { HubClient } from './client.ts';
import { Clients, type HubEntrance } from './clients.ts';
import type { HubContext, HubStats } from './context.ts';
import { hubAcceptFailed, hubJetStreamRefused, hubListening } from './events.ts';
import type { HubGuard, HubTls } from './guard.ts';
import { Handshakes } from './handshakes.ts';
import { infoLine } from './info.ts';
import { ownLink } from './own-link.ts';
import type { HubOptions } from './schema.ts';
import { SubjectRouter } from './subject-router.ts';

/** How often silent clients are looked after. */
const tickMs = 500;

export interface HubDeps {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Version of the program, for INFO. */
  readonly version: string;
  /** Name of this node, for INFO. */
  readonly serverName: string;
  /** Left out: nobody is asked who he is. */
  readonly guard?: HubGuard | undefined;
  /** Needed unless `tls` is `off`. */
  readonly tls?: HubTls | undefined;
}

/** A small NATS server inside the program, for one machine: core NATS, without JetStream, accounts and clustering. */
export interface Hub extends Component {
  /** Where it listens, with the port the system chose. Before the start: where it will be bound. */
  address(): SocketAddress;
  /** For NATS clients on this machine, e.g. `nats://127.0.0.1:4222`. */
  url(): string;
  /** For this program itself, once it has started: beside the port of others where that asks who they are, or has TLS. */
  ownUrl(): string;
  /** To log in there; undefined where nobody is asked. */
  readonly ownToken: string | undefined;
  stats(): Readonly<HubStats>;
  /** What clients may do no more ends: other rules count, or others are banned. */
  reconsider(): Promise<void>;
}

/**
 * The embedded hub: a listener of the NATS client protocol as nats-server speaks it.
 * `stop` sends INFO with `ldm`, what is queued, and ends each connection; the deadline cuts off what is left.
 */
export function createHub(options: HubOptions, { telemetry, clock, version, serverName, guard, tls }: HubDeps): Hub {
  const { events } = telemetry;
  const turn = new Turn();
  const stats = newStats();
  const router = new SubjectRouter({
    random: Math.random,
    onJetStream: (from, subject) => {
      if (!(from instanceof HubClient) || from.hasAskedForJetStream) return;
      from.hasAskedForJetStream = true; // one line a client is enough
      events.emit(hubJetStreamRefused, { peer: from.peer, client: from.id, subject: subject.slice(0, 64) });
    },
  });
  const blocks = new BlockPool();
  const context: HubContext = { options, router, blocks, turn, clock, events, stats, congested: undefined };
  const serverId = `N${randomBytes(32).toString('hex').toUpperCase().slice(0, 55)}`;
  const { maxPayload, connectTimeout: timeoutMs } = options;
  let bound = options.bind;
  let ownBound = ownBind;
  const clients = new Clients(context, (client) =>
    infoLine({ serverId, serverName, version, bound, maxPayload, ...client }),
  );
  const handshakes = tls && new Handshakes({ tls, clock, events, timeoutMs });
  const entrance: HubEntrance = { guard, handshakes, asks: { login: guard !== undefined, tls: options.tls } };
  const own = guard === undefined && tls === undefined ? undefined : ownLink();
  const ownHubEntrance: HubEntrance = { guard: own?.guard, handshakes: undefined, asks: { login: true, tls: 'off' } };
  const servers = new Set<Server>();
  const slices = new Slices();
  let cancelTick: (() => void) | undefined;

  const tick = () => {
    clients.tick();
    handshakes?.tick(clock.monotonic());
    cancelTick = clock.after(tickMs, tick);
  };
  const open = async (address: SocketAddress, way: HubEntrance, signal: AbortSignal): Promise<SocketAddress> => {
    const server = createServer(socketOptions, (socket) => clients.accept(socket, way));
    servers.add(server);
    const where = await listen(server, { ...listening, address }, signal);
    server.on('error', (error) => events.emit(hubAcceptFailed, { reason: error.message }));
    return where;
  };

  return {
    name: 'nats-hub',
    ownToken: own?.token,
    address: () => bound,
    url: () => `${tls === undefined ? 'nats' : 'tls'}://${formatSocketAddress(dialable(bound))}`,
    ownUrl: () => `nats://${formatSocketAddress(own === undefined ? dialable(bound) : ownBound)}`,
    stats: () => ({ ...stats }),
    reconsider: () => clients.reconsider(slices),
    async start(signal) {
      if (options.tls !== 'off' && tls === undefined)
        throw new StartError('start-failed', `NATS hub: nats.hub.tls is ${options.tls}, but there are no certificates`);
      tls?.start();
      bound = await open(options.bind, entrance, signal);
      if (own !== undefined) ownBound = await open(ownBind, ownHubEntrance, signal);
      cancelTick = clock.after(tickMs, tick);
      events.emit(hubListening, { address: formatSocketAddress(bound) });
    },
    async stop(deadline) {
      for (const server of servers) server.close();
      servers.clear();
      cancelTick?.();
      handshakes?.destroyAll();
      await clients.leave(deadline);
      tls?.stop();
      turn.stop();
    },
  };
}

/** Where only this program comes. */
const ownBind: SocketAddress = { host: '127.0.0.1', port: 0 };

const socketOptions = { allowHalfOpen: true, noDelay: true, keepAlive: true } as const;

const listening = {
  name: 'NATS hub',
  setting: 'nats.hub.bind',
  ifInUse: '; is another nats-server running? Stop it, set nats.hub.bind, or use it with nats.servers',
  backlog: 1_024,
} as const;

const newStats = (): HubStats => ({
  connections: 0,
  subscriptions: 0,
  inMessages: 0,
  outMessages: 0,
  inBytes: 0,
  outBytes: 0,
  slowConsumers: 0,
});
