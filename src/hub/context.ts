import type { Clock } from '../kernel/clock.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { Turn } from '../plane/turn.ts';
import type { BlockPool } from './blocks.ts';
import type { CatchUp } from './catch-up.ts';
import type { HubOptions } from './schema.ts';
import type { SubjectRouter } from './subject-router.ts';

/** Counted since the start; connections and subscriptions are those of now. */
export interface HubStats {
  connections: number;
  subscriptions: number;
  inMessages: number;
  outMessages: number;
  /** Payloads with their headers. */
  inBytes: number;
  outBytes: number;
  slowConsumers: number;
}

/** What all clients of a hub share. */
export interface HubContext {
  readonly options: HubOptions;
  readonly router: SubjectRouter;
  readonly blocks: BlockPool;
  readonly turn: Turn;
  readonly clock: Clock;
  readonly events: Events;
  readonly stats: HubStats;
  /** Set by a subscriber that fell behind while the current chunk was routed; its publisher takes it. */
  congested: CatchUp | undefined;
}
