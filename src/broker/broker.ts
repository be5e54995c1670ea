import type { Clock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { Slices } from '../kernel/slices.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { TimerWheel } from '../kernel/timer-wheel.ts';
import type { Message } from '../plane/message.ts';
import type { Plane, Subscriber } from '../plane/plane.ts';
import type { PlaneOptions } from '../plane/schema.ts';
import { Turn } from '../plane/turn.ts';
import { createEngine } from './aedes/engine.ts';
import type { PacingOptions } from './delivery/held-messages.ts';
import { type Outgoing, secondsLeft } from './delivery/outgoing.ts';
import { Denials } from './denials.ts';
import { Edge } from './edge/edge.ts';
import type { OpenEdge } from './edge/edge-deps.ts';
import { PublishRates } from './edge/publish-rates.ts';
import type { Engine } from './engine-port.ts';
import { MemoryBudget, usualMemory } from './memory-budget.ts';
import { messagePort } from './message-port.ts';
import type { Authenticator, Authorizer, Link, MessagePort } from './ports.ts';
import { Gates } from './publish/gates.ts';
import { createPublisher } from './publish/publisher.ts';
import { QueueKeys } from './publish/queue-keys.ts';
import { createQueries } from './queries.ts';
import type { BrokerQueries } from './query-port.ts';
import { reservedTopics } from './reserved-topics.ts';
import type { LimitsOptions } from './schema.ts';
import { SessionEnds } from './session-ends.ts';
import { SharedLeftovers } from './shared-leftovers.ts';
import type { Store } from './store-port.ts';
import { Traffic } from './traffic.ts';

export interface BrokerOptions {
  readonly limits: LimitsOptions;
  readonly plane: PlaneOptions;
  readonly pacing: PacingOptions;
}

export interface BrokerDeps {
  readonly nodeId: string;
  readonly plane: Plane;
  readonly store: Store;
  readonly authenticator: Authenticator;
  /** Left out, everything is allowed but what is the broker's own. */
  readonly authorizer?: Authorizer;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** The MQTT broker: links in, messages through the plane, bridges beside it. */
export interface Broker extends Component, MessagePort {
  /** Takes a connection over from a listener. */
  accept(link: Link): void;
  /** Connections, those before their CONNECT included. */
  connections(): number;
  /** What clients have sent and were sent. */
  readonly traffic: Readonly<Traffic>;
  /** What it has, for those who administer it. */
  readonly queries: BrokerQueries;
  /** Bytes on their way, of all connections; see `limits.memory`. */
  heldBytes(): number;
  /** Other limits count from now on: those of one connection for connections that begin from now on. */
  limit(limits: LimitsOptions): void;
  /** Authorizer or authenticator judge otherwise: what they allow no more ends. @returns when all clients were looked at */
  reconsider(): Promise<void>;
  /** Disconnects everybody and takes nobody more. */
  disconnectAll(): Promise<void>;
}

/** How exactly keep alives and session ends are kept, in milliseconds. */
const tickMs = 500;

export function createBroker(options: BrokerOptions, deps: BrokerDeps): Broker {
  const { nodeId, plane, store, authenticator, authorizer = reservedTopics, clock, telemetry } = deps;
  // queues outlive this process, and what it calls their messages must not mean others in the next
  const runId = `${nodeId}.${clock.now().toString(36)}`;
  const common = { plane, store, clock, telemetry, ...collaborators(runId, clock, telemetry) };
  const { now, wheel, gates, traffic } = common;
  const ends = new SessionEnds({ ...common, leftovers: new SharedLeftovers(common) });
  const pacing = { pacing: options.pacing, held: { bytes: 0 }, rates: new PublishRates(clock) };
  let { limits } = options;
  const publisher = createPublisher(options.plane, {
    ...common,
    authorizer,
    topicLength: () => limits.topicLength,
    maxExpirySeconds: () => limits.messageExpiry && Math.floor(limits.messageExpiry / 1_000),
    events: telemetry.events,
    isEnding: ends.isEnding,
    admit: (clientId, targets, packet, isKept) => engine.edgeOf(clientId)?.admit(targets, packet, isKept),
    mayReceive: (clientId, topic) => engine.edgeOf(clientId)?.subscriber.mayReceive?.(topic) !== false,
  });
  const engine: Engine = createEngine(limits, {
    ...common,
    clock,
    ends,
    runId,
    authenticator,
    authorizer,
    publisher,
  });
  const memory = new MemoryBudget(limits.memory ?? usualMemory(), telemetry.events);
  const edges = new Set<OpenEdge>();
  let isClosed = false;
  let edgeDeps = {
    ...common,
    authorizer,
    ...pacing,
    limits,
    engine,
    publisher,
    turn: new Turn(),
    memory,
    reroute: (open: readonly Outgoing[], leaver: Subscriber) => reroute(plane, open, leaver, now()),
    ended: (edge: OpenEdge) => void edges.delete(edge),
  };
  return {
    name: 'broker',
    start: (signal) => engine.start(signal),
    async stop(deadline) {
      await engine.stop(deadline);
      wheel.stop();
    },
    accept(link) {
      const edge = new Edge(link, edgeDeps);
      edges.add(edge);
      if (isClosed) edge.shutDown();
    },
    connections: () => edges.size,
    traffic,
    queries: createQueries({ connections: edges, engine, store }),
    heldBytes: () => memory.bytes,
    limit(next) {
      limits = next;
      edgeDeps = { ...edgeDeps, limits }; // a connection keeps those it began with: its client was told some of them
      engine.limit(limits);
      memory.resize(limits.memory ?? usualMemory());
    },
    reconsider() {
      publisher.reconsider();
      return engine.reconsider();
    },
    async disconnectAll() {
      isClosed = true;
      for (const edge of edges) edge.shutDown();
      await engine.disconnectAll();
    },
    ...messagePort({ nodeId, plane, gates, publisher }),
  };
}

/** What publisher, engine and connections share. */
function collaborators(runId: string, clock: Clock, { events }: Telemetry) {
  const now = (): number => clock.now();
  return {
    now,
    wheel: new TimerWheel(clock, { tickMs }),
    keys: new QueueKeys(`${runId}.edge`),
    gates: new Gates(),
    denials: new Denials({ events, now }),
    slices: new Slices(),
    traffic: new Traffic(),
  };
}

/** Messages of shared subscriptions that a member left unanswered go to another. [MQTT 5, 4.8.2] */
function reroute(plane: Plane, open: readonly Outgoing[], leaver: Subscriber, now: number): void {
  for (const outgoing of open) {
    const { shared = [] } = outgoing.delivery;
    const left = secondsLeft(outgoing, now);
    if (left === 0) continue;
    for (const sharedFilter of shared) plane.reroute(unqueued(outgoing.message, left), sharedFilter, leaver);
  }
}

/**
 * Without the name that it has in the queues of others: the next member's queue does not have it.
 * @param left seconds of its Message Expiry Interval [MQTT-3.3.2-6]
 */
const unqueued = (message: Message, left: number | undefined): Message => {
  const { topic, payload, qos, retain, properties, origin } = message;
  const own = left === undefined ? properties : { ...properties, messageExpiryInterval: left };
  return { topic, payload, qos, retain, properties: own, origin };
};
