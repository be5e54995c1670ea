import type { SessionEnds } from '../session-ends.ts';
import type { SessionRef, SessionStore, StoredWill } from '../session-store.ts';

/** What the engine asks of its persistence: that of sessions and wills. Everything else is not its to do. */
export interface EngineStore {
  /** An `async` function in the literal sense: the engine checks its constructor. */
  setup(broker: { readonly id: string }): Promise<void>;
  cleanSubscriptions(session: SessionRef): Promise<void>;
  subscriptionsByClient(): Promise<readonly never[]>;
  putWill(session: SessionRef, will: StoredWill): Promise<void>;
  delWill(session: SessionRef): Promise<StoredWill | undefined>;
}

/** Our store as the engine sees it, which has no subscriptions to restore. */
export const createEngineStore = (
  store: Pick<SessionStore, 'setup' | 'putWill' | 'delWill'>,
  ends: Pick<SessionEnds, 'end'>,
): EngineStore => ({
  async setup(broker) {
    await store.setup(broker);
  },
  cleanSubscriptions: (session) => ends.end(session),
  subscriptionsByClient: async () => [],
  putWill: (session, will) => store.putWill(session, will),
  delWill: (session) => store.delWill(session),
});
