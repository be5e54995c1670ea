import type { EngineQueue } from './engine-types.ts';

/** Takes the place of the queue through which the engine would route: it routes nothing, and what it tells of itself is not heard. */
export function silentQueue(): EngineQueue {
  const queue: EngineQueue = {
    on: () => queue,
    removeListener: () => queue,
    emit: () => queue,
    close(done) {
      if (done !== undefined) process.nextTick(done);
      return queue;
    },
  };
  return queue;
}
