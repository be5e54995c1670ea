import type { SessionEnds } from '../session-ends.ts';
import type { SessionStore, StoredPacket } from '../session-store.ts';

/** A session of the engine's, named by its client id. */
export interface EngineSessionRef {
  readonly id: string | null;
}

/** What the engine asks of its persistence: that of sessions and wills. Everything else is not its to do. */
export interface EngineStore {
  /** An `async` function in the literal sense: the engine checks its constructor. */
  setup(): Promise<void>;
  cleanSubscriptions(session: EngineSessionRef): Promise<void>;
  subscriptionsByClient(): Promise<readonly never[]>;
  putWill(session: EngineSessionRef, will: StoredPacket): Promise<void>;
  delWill(session: EngineSessionRef): Promise<unknown>;
}

/** Our store as the engine sees it, which has no subscriptions to restore. The program starts and stops it. */
export const createEngineStore = (
  store: Pick<SessionStore, 'putWill' | 'takeWill'>,
  ends: Pick<SessionEnds, 'end'>,
): EngineStore => ({
  async setup() {
    // it is open already
  },
  cleanSubscriptions: ({ id }) => ends.end(id ?? ''),
  subscriptionsByClient: async () => [],
  putWill: ({ id }, will) => store.putWill({ ...will, clientId: id ?? '' }),
  delWill: ({ id }) => store.takeWill(id ?? ''),
});
