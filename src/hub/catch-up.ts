import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';

/** How long a publisher waits after each read, at most, for a subscriber that is behind. */
const yieldMs = 10;

/** Publishers that wait until one subscriber has caught up. */
export class CatchUp {
  readonly #waiting = new Set<() => void>();

  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Stops reading from a publisher for a moment, so that a fast one does not push a slower subscriber over its limit, and
   * a stuck one does not hold up the publisher.
   * @returns ends the wait.
   */
  hold(publisher: Socket, clock: Clock): () => void {
    publisher.pause();
    const resume = () => {
      cancel();
      this.#waiting.delete(resume);
      publisher.resume();
    };
    const cancel = clock.after(yieldMs, resume);
    this.#waiting.add(resume);
    return resume;
  }

  /** It has caught up, or is gone. */
  done(): void {
    for (const resume of this.#waiting) resume();
  }
}
