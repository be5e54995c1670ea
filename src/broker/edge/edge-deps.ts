import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type { Turn } from '../../plane/turn.ts';
import type { DeliveriesDeps } from '../delivery/deliveries.ts';
import type { EdgePort, Engine } from '../engine-port.ts';
import type { MemoryBudget } from '../memory-budget.ts';
import type { LimitsOptions } from '../schema.ts';
import type { ConnectionLog } from './connection-log.ts';
import type { InboundPublishDeps } from './inbound-publish.ts';

/** One of those that the broker has open. */
export interface OpenEdge extends EdgePort {
  readonly log: ConnectionLog;
  /** The broker stops: a client that is not connected yet is cut off, the engine says good-bye to the others. */
  shutDown(): void;
}

export interface EdgeDeps extends DeliveriesDeps, Omit<InboundPublishDeps, 'store' | 'authorizer'> {
  readonly limits: LimitsOptions;
  readonly engine: Engine;
  readonly telemetry: Telemetry;
  readonly turn: Turn;
  /** Of all connections together. */
  readonly memory: MemoryBudget;
  /** The link is gone; called once. */
  readonly ended: (edge: OpenEdge) => void;
}
