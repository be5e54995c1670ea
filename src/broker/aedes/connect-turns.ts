type Go = (leave: (() => void) | undefined) => void;

/**
 * CONNECTs of one client id, one after the other: a session is looked up, taken over and stored in several steps, and two
 * at once would leave two connections. [MQTT-3.1.4-2]
 */
export class ConnectTurns {
  /** Client ids whose turn is taken, with those that wait for it, if any, by their owners: of each the newest. */
  readonly #waiting = new Map<string, Map<string, Go> | undefined>();

  isTaken(clientId: string): boolean {
    return this.#waiting.has(clientId);
  }

  /**
   * Waits until the turn is free.
   * @param ownerOf says whose it is, whose older CONNECT, if it still waits, gives way
   * @returns gives the turn to the next, called once; undefined when a newer CONNECT of the owner came meanwhile
   */
  take(clientId: string, ownerOf: () => string): (() => void) | Promise<(() => void) | undefined> {
    if (!this.#waiting.has(clientId)) {
      this.#waiting.set(clientId, undefined);
      return this.#leaveOf(clientId);
    }
    return new Promise((go) => {
      const waiting = this.#waiting.get(clientId) ?? new Map<string, Go>();
      this.#waiting.set(clientId, waiting);
      const owner = ownerOf();
      waiting.get(owner)?.(undefined);
      waiting.set(owner, go);
    });
  }

  #leaveOf(clientId: string): () => void {
    return () => {
      const waiting = this.#waiting.get(clientId);
      const [next] = waiting ?? [];
      if (next === undefined) {
        this.#waiting.delete(clientId);
        return;
      }
      const [owner, go] = next;
      waiting?.delete(owner);
      go(this.#leaveOf(clientId));
    };
  }
}
