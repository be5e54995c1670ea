import type { Clock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import type { Message } from '../plane/message.ts';
import { Turn } from '../plane/outbox.ts';
import type { Plane, Subscription } from '../plane/plane.ts';
import { Edge } from './edge.ts';
import type { Engine } from './engine-port.ts';
import type { HotPath } from './hot-path.ts';
import type { Link, MessagePort } from './ports.ts';
import type { LimitsOptions } from './schema.ts';

export interface BrokerDeps {
  readonly nodeId: string;
  readonly plane: Plane;
  readonly engine: Engine;
  readonly hotPath: HotPath;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** The MQTT broker: links in, messages through the plane, bridges beside it. */
export interface Broker extends Component, MessagePort {
  /** Takes a connection over from a listener. */
  accept(link: Link): void;
  /** Connections, those before their CONNECT included. */
  connections(): number;
  /** Disconnects everybody and takes nobody more. */
  disconnectAll(): Promise<void>;
}

export function createBroker(limits: LimitsOptions): (deps: BrokerDeps) => Broker {
  return ({ nodeId, plane, engine, hotPath, clock, telemetry }) => {
    const edges = new Set<Edge>();
    let isClosed = false;
    const turn = new Turn();
    const deps = { limits, engine, hotPath, turn, clock, telemetry, ended: (edge: Edge) => void edges.delete(edge) };
    return {
      name: 'broker',
      nodeId,
      start: (signal) => engine.start(signal),
      stop: (deadline) => engine.stop(deadline),
      accept(link) {
        const edge = new Edge(link, deps);
        edges.add(edge);
        if (isClosed) edge.shutDown();
      },
      connections: () => edges.size,
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
      publish: (message) => engine.publish(message),
    };
  };
}

const tapOf = (filter: string, receive: (message: Message) => void): Subscription => ({
  filter,
  subscriber: { clientId: undefined, deliver: (message) => receive(message) },
  qos: 2,
  noLocal: false,
  retainAsPublished: true,
  identifier: undefined,
});
