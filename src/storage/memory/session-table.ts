import type { StoredSession } from '../../broker/store-port.ts';
import { sessionBytes } from '../limits.ts';

/** The records of sessions, and what they cost. */
export class SessionTable {
  readonly #byClient = new Map<string, StoredSession>();
  #bytes = 0;

  get size(): number {
    return this.#byClient.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(clientId: string): StoredSession | undefined {
    const session = this.#byClient.get(clientId);
    return session && { ...session };
  }

  put(session: StoredSession): void {
    this.delete(session.clientId);
    this.#byClient.set(session.clientId, { ...session });
    this.#bytes += sessionBytes(session);
  }

  delete(clientId: string): void {
    const session = this.#byClient.get(clientId);
    if (session === undefined) return;
    this.#byClient.delete(clientId);
    this.#bytes -= sessionBytes(session);
  }

  all(): StoredSession[] {
    return [...this.#byClient.values()];
  }
}
