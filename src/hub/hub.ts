import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { dialable, formatSocketAddress, type SocketAddress } from '../kernel/address.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { listen } from '../kernel/listen.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { Turn } from '../plane/turn.ts';
import { BlockPool } from './blocks.ts';
import { HubClient } from './client.ts';
import { Clients } from './clients.ts';
import type { HubContext, HubStats } from './context.ts';
import { hubAcceptFailed, hubJetStreamRefused, hubListening } from './events.ts';
import { infoLine } from './info.ts';
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
}

/** A small NATS server inside the program, for one machine: core NATS, without JetStream, accounts and clustering. */
export interface Hub extends Component {
  /** Where it listens, with the port the system chose. Before the start: where it will be bound. */
  address(): SocketAddress;
  /** For NATS clients on this machine, e.g. `nats://127.0.0.1:4222`. */
  url(): string;
  stats(): Readonly<HubStats>;
}

/**
 * The embedded hub: a listener of the NATS client protocol as nats-server speaks it.
 * `stop` sends INFO with `ldm`, what is queued, and ends each connection; the deadline cuts off what is left.
 */
export function createHub(options: HubOptions): (deps: HubDeps) => Hub {
  return ({ telemetry, clock, version, serverName }) => {
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
    const { maxPayload } = options;
    let bound = options.bind;
    const clients = new Clients(context, (client) =>
      infoLine({ serverId, serverName, version, bound, maxPayload, ...client }),
    );
    let server: Server | undefined;
    let cancelTick: (() => void) | undefined;

    const tick = () => {
      clients.tick();
      cancelTick = clock.after(tickMs, tick);
    };

    return {
      name: 'nats-hub',
      address: () => bound,
      url: () => `nats://${formatSocketAddress(dialable(bound))}`,
      stats: () => ({ ...stats }),
      async start(signal) {
        server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) =>
          clients.accept(socket),
        );
        bound = await listen(server, { ...listening, address: options.bind }, signal);
        server.on('error', (error) => events.emit(hubAcceptFailed, { reason: error.message }));
        cancelTick = clock.after(tickMs, tick);
        events.emit(hubListening, { address: formatSocketAddress(bound) });
      },
      async stop(deadline) {
        server?.close();
        cancelTick?.();
        await clients.leave(deadline);
        turn.stop();
      },
    };
  };
}

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
