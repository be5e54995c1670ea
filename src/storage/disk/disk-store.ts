import type { Store } from '../../broker/store-port.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { type Events, silentTelemetry } from '../../kernel/telemetry-ports.ts';
import type { StoreDeps } from '../drop.ts';
import { reportMended, storeFailed } from '../events.ts';
import { exchangeMethods, messageMethods, queueMethods } from './message-methods.ts';
import type { DiskOptions } from './opened-store.ts';
import { recordMethods, subscriptionMethods, willMethods } from './session-methods.ts';
import { StoreAccess } from './store-access.ts';
import { Sweeper } from './sweeper.ts';

/** Between two steps of the sweeper, and between two flushes to the disk at durability `commit`. */
const stepMs = 1_000;

export interface DiskStoreDeps extends StoreDeps {
  readonly clock: Pick<Clock, 'after'>;
  readonly events: Events;
}

/**
 * Everything in one folder, through LMDB. Writes of one turn of the event loop are one transaction; what a kept promise
 * survives is `durability`:
 *
 * - `commit`: the end of the process in any way. It is in the page cache of the system then, and on the disk at most two
 *   seconds later; a power loss costs what is not there yet, and leaves a store that is whole.
 * - `fsync`: a power loss too, if the disk keeps what it says it keeps.
 *
 * In memory stand sessions, subscriptions and open QoS 2 identifiers, and of the queues that are being read the place of
 * each message. `start` opens the folder and rejects with a StoreError store-in-use, store-damaged, store-newer or
 * store-unavailable.
 */
export function createDiskStore(options: DiskOptions, deps: Partial<DiskStoreDeps> = {}): Store {
  const {
    now = systemClock.now,
    onDropped = () => undefined,
    clock = systemClock,
    events = silentTelemetry.events,
  } = deps;
  const onFailed = (error: unknown): void => events.emit(storeFailed, { error: messageOf(error) });
  const access = new StoreAccess(options, { now, onDropped, onFailed, onMended: reportMended(events) });
  let cancelStep: () => void = () => undefined;
  let sweeper: Sweeper | undefined;

  const step = (): void => {
    cancelStep = clock.after(stepMs, step);
    try {
      const { contents, files } = access;
      void files.lock.touch();
      if (sweeper?.isOf(contents) !== true) sweeper = new Sweeper(files.environment, contents);
      sweeper.step();
      contents.batch.commitNow();
      contents.batch.flush();
    } catch (error) {
      onFailed(error);
    }
  };

  return {
    name: 'store',
    async start() {
      await access.open();
      cancelStep = clock.after(stepMs, step);
    },
    ...messageMethods(access),
    ...queueMethods(access),
    ...exchangeMethods(access),
    ...subscriptionMethods(access),
    ...recordMethods(access),
    ...willMethods(access),
    stats() {
      const { owners, subscriptions, queues, retained } = access.contents;
      return {
        sessions: owners.sessions,
        subscriptions: subscriptions.total,
        queuedMessages: queues.total.messages,
        queuedBytes: queues.total.bytes,
        retainedMessages: retained.total.messages,
        retainedBytes: retained.total.bytes,
      };
    },
    async stop() {
      cancelStep();
      await access.close();
    },
  };
}
