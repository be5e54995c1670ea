import type { QueueKey } from '../store-port.ts';

/** Names messages in the queues of persistent sessions; no name is given twice, over all runs of all nodes. */
export class QueueKeys {
  readonly #runId: string;
  #last = 0;

  /** @param runId unique to this run of this node, and to this source of names */
  constructor(runId: string) {
    this.#runId = runId;
  }

  next(): QueueKey {
    this.#last += 1;
    return { runId: this.#runId, counter: this.#last };
  }
}
