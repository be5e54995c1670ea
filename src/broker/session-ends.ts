import type { SessionRef, SessionStore } from './session-store.ts';
import type { SharedLeftovers } from './shared-leftovers.ts';

/**
 * Ends sessions: at once, but for one in a shared group, whose messages go to other members first. Meanwhile nobody gets
 * to see it, and no message of a group is left for it.
 */
export class SessionEnds {
  readonly #store: Pick<SessionStore, 'hasShared' | 'cleanSubscriptions'>;
  readonly #leftovers: Pick<SharedLeftovers, 'handOn'>;
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    store: Pick<SessionStore, 'hasShared' | 'cleanSubscriptions'>,
    leftovers: Pick<SharedLeftovers, 'handOn'>,
  ) {
    this.#store = store;
    this.#leftovers = leftovers;
  }

  /** The session of the client is about to end. */
  readonly isEnding = (clientId: string): boolean => this.#running.has(clientId);

  /** Kept when the session of the client has ended, if it is about to; in any case. */
  async settled(clientId: string): Promise<void> {
    await this.#running.get(clientId)?.catch(() => undefined); // whoever ends it is told
  }

  /** Record, subscriptions, queue and open QoS 2 identifiers. [MQTT-3.1.2-4] [MQTT-3.1.2-23] */
  end(session: SessionRef): Promise<void> {
    const { id } = session;
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    if (!this.#store.hasShared(session)) return this.#store.cleanSubscriptions(session);
    const ended = this.#leftovers
      .handOn(session, this.isEnding)
      .then(() => this.#store.cleanSubscriptions(session))
      .finally(() => this.#running.delete(id));
    this.#running.set(id, ended);
    return ended;
  }
}
