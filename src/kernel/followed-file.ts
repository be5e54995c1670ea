import type { Clock } from './clock.ts';
import { fileWatch } from './file-watch.ts';
import type { Component } from './lifecycle.ts';

export interface FollowedFileOptions<T> {
  readonly name: string;
  readonly file: string;
  /** Until it has started. */
  readonly before: T;
  readonly read: () => Promise<T>;
  /** The file has changed and was read again. */
  readonly changed: () => void | Promise<void>;
  /** The file has changed and cannot be read: what was read before counts on. */
  readonly notTaken: (cause: unknown) => void;
}

/** What stands in a file, as it is now: a change counts as soon as it is seen. */
export interface FollowedFile<T> extends Component {
  readonly current: T;
}

/** Its start rejects where `read` does; then it follows nothing. */
export function followedFile<T>(options: FollowedFileOptions<T>, clock: Clock): FollowedFile<T> {
  const { name, file, read, changed, notTaken } = options;
  let current = options.before;
  let work = Promise.resolve();
  const readAgain = async (): Promise<void> => {
    try {
      current = await read();
      await changed();
    } catch (cause) {
      notTaken(cause);
    }
  };
  const watch = fileWatch(file, () => void (work = work.then(readAgain)), clock);
  return {
    name,
    get current() {
      return current;
    },
    async start() {
      await watch.start(); // first, so that no change is missed
      try {
        current = await read();
      } catch (cause) {
        watch.stop();
        throw cause;
      }
    },
    async stop() {
      watch.stop();
      await work;
    },
  };
}
