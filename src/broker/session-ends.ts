import { Pace } from '../kernel/pace.ts';
import type { Slices } from '../kernel/slices.ts';
import { isSharedFilter } from '../mqtt/topic.ts';
import type { SharedLeftovers } from './shared-leftovers.ts';
import type { Store } from './store-port.ts';

/** Subscriptions that are taken away at once, and looked at the clock after. */
const atOnce = 256;

export interface SessionEndsDeps {
  readonly store: Pick<Store, 'filtersOf' | 'unsubscribe' | 'session' | 'putSession' | 'endSession'>;
  readonly leftovers: Pick<SharedLeftovers, 'handOn'>;
  /** Shared by all that is long: ends of many sessions take turns. */
  readonly slices: Slices;
  readonly now: () => number;
}

/**
 * Ends sessions: at once, but for one in a shared group, whose messages go to other members first, and for one with many
 * subscriptions, which are taken away in slices. Meanwhile nobody gets to see it, and no message of a group is left for it.
 */
export class SessionEnds {
  readonly #deps: SessionEndsDeps;
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: SessionEndsDeps) {
    this.#deps = deps;
  }

  /** The session of the client is about to end. */
  readonly isEnding = (clientId: string): boolean => this.#running.has(clientId);

  /** Kept when the session of the client has ended, in any case; undefined where it is not about to. */
  settled(clientId: string): Promise<void> | undefined {
    return this.#running.get(clientId)?.catch(() => undefined); // whoever ends it is told
  }

  /** Record, subscriptions, queue and open QoS 2 identifiers. [MQTT-3.1.2-4] [MQTT-3.1.2-23] */
  end(clientId: string): Promise<void> {
    const { store } = this.#deps;
    const running = this.#running.get(clientId);
    if (running !== undefined) return running;
    const filters = store.filtersOf(clientId);
    const isShared = filters.some(isSharedFilter);
    if (!isShared && filters.length <= atOnce) return store.endSession(clientId);
    const ended = this.#end(clientId, isShared).finally(() => this.#running.delete(clientId));
    this.#running.set(clientId, ended);
    return ended;
  }

  async #end(clientId: string, isShared: boolean): Promise<void> {
    const { store, leftovers } = this.#deps;
    if (isShared) await leftovers.handOn(clientId, this.isEnding);
    const filters = store.filtersOf(clientId);
    if (filters.length > atOnce) await this.#takeApart(clientId, filters);
    await store.endSession(clientId);
  }

  /** The record goes last, and says before what it is about: a crash leaves a session that is over. */
  async #takeApart(clientId: string, filters: readonly string[]): Promise<void> {
    const { store, slices, now } = this.#deps;
    const pace = new Pace(slices, 1);
    const session = await store.session(clientId);
    if (session !== undefined) {
      const { disconnectedAt = now() } = session;
      await store.putSession({ ...session, disconnectedAt, expirySeconds: 0 });
    }
    for (let from = 0; from < filters.length; from += atOnce) {
      await store.unsubscribe(clientId, filters.slice(from, from + atOnce));
      const turn = pace.step();
      if (turn !== undefined) await turn;
    }
  }
}
