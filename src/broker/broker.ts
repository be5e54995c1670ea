import type { Clock } from '../kernel/clock.ts';
import { ConnectionError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { Slices } from '../kernel/slices.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { TimerWheel } from '../kernel/timer-wheel.ts';
import { isLongerThan } from '../mqtt/topic.ts';
import type { Message } from '../plane/message.ts';
import type { Plane, Subscriber, Subscription } from '../plane/plane.ts';
import type { PlaneOptions } from '../plane/schema.ts';
import { Turn } from '../plane/turn.ts';
import { createEngine } from './aedes/engine.ts';
import type { PacingOptions } from './delivery/held-messages.ts';
import type { Outgoing } from './delivery/outgoing.ts';
import { Edge } from './edge/edge.ts';
import { MemoryBudget, usualMemory } from './memory-budget.ts';
import type { Authenticator, Link, MessagePort } from './ports.ts';
import { Gates } from './publish/gates.ts';
import { createHotPath } from './publish/hot-path.ts';
import { QueueKeys } from './publish/queue-keys.ts';
import { topicTooLong } from './reserved-topics.ts';
import type { LimitsOptions } from './schema.ts';
import type { SessionStore } from './session-store.ts';

export interface BrokerOptions {
  readonly limits: LimitsOptions;
  readonly plane: PlaneOptions;
  readonly pacing: PacingOptions;
}

export interface BrokerDeps {
  readonly nodeId: string;
  readonly plane: Plane;
  readonly store: SessionStore;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** The MQTT broker: links in, messages through the plane, bridges beside it. */
export interface Broker extends Component, MessagePort {
  /** Takes a connection over from a listener. */
  accept(link: Link): void;
  /** Connections, those before their CONNECT included. */
  connections(): number;
  /** Bytes on their way, of all connections; see `limits.memory`. */
  heldBytes(): number;
  /** Disconnects everybody and takes nobody more. */
  disconnectAll(): Promise<void>;
}

/** How exactly keep alives and session ends are kept, in milliseconds. */
const tickMs = 500;

export function createBroker(options: BrokerOptions): (deps: BrokerDeps) => Broker {
  return ({ nodeId, plane, store, authenticator, clock, telemetry }) => {
    const now = (): number => clock.now();
    const wheel = new TimerWheel(clock, { tickMs });
    // queues outlive this process, and what it calls their messages must not mean others in the next
    const runId = `${nodeId}.${now().toString(36)}`;
    const keys = new QueueKeys(`${runId}.edge`);
    const gates = new Gates();
    const common = { plane, store, gates, wheel, keys, now, telemetry, slices: new Slices() };
    const pacing = { pacing: options.pacing, held: { bytes: 0 } };
    const engine = createEngine(options.limits)({ ...common, runId, authenticator });
    const hotPath = createHotPath(options.plane)(common);
    const memory = new MemoryBudget(options.limits.memory ?? usualMemory(), telemetry.events);
    const edges = new Set<Edge>();
    let isClosed = false;
    const deps = {
      ...common,
      ...pacing,
      limits: options.limits,
      engine,
      hotPath,
      turn: new Turn(),
      memory,
      reroute: (open: readonly Outgoing[], leaver: Subscriber) => reroute(plane, open, leaver),
      ended: (edge: Edge) => void edges.delete(edge),
    };
    return {
      name: 'broker',
      nodeId,
      start: (signal) => engine.start(signal),
      async stop(deadline) {
        await engine.stop(deadline);
        wheel.stop();
      },
      accept(link) {
        const edge = new Edge(link, deps);
        edges.add(edge);
        if (isClosed) edge.shutDown();
      },
      connections: () => edges.size,
      heldBytes: () => memory.bytes,
      async disconnectAll() {
        isClosed = true;
        for (const edge of edges) edge.shutDown();
        await engine.disconnectAll();
      },
      tap(filter, receive) {
        const subscription = tapOf(filter, receive);
        plane.subscribe(subscription);
        return () => plane.unsubscribe(subscription);
      },
      gate: (filter, gate) => gates.add(filter, gate),
      async publish(message) {
        const { topicLength } = options.limits;
        if (isLongerThan(message.topic, topicLength))
          throw new ConnectionError('topic-too-long', topicTooLong(message.topic, topicLength).message);
        await engine.publish(message);
      },
    };
  };
}

/** Messages of shared subscriptions that a member left unanswered go to another. [MQTT 5, 4.8.2] */
function reroute(plane: Plane, open: readonly Outgoing[], leaver: Subscriber): void {
  for (const { message, delivery } of open)
    for (const sharedFilter of delivery.shared ?? []) plane.reroute(message, sharedFilter, leaver);
}

const tapOf = (filter: string, receive: (message: Message) => void): Subscription => ({
  filter,
  subscriber: { clientId: undefined, deliver: (message) => receive(message) },
  qos: 2,
  noLocal: false,
  retainAsPublished: true,
  identifier: undefined,
});
