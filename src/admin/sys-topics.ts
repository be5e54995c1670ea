import type { MessagePort } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';

const prefix = '$SYS/broker/';
/** However often somebody subscribes. */
const leastEveryMs = 1_000;

export interface SysTopicsDeps {
  readonly broker: Pick<MessagePort, 'publish' | 'watch'>;
  /** By topic below `$SYS/broker/`. */
  readonly read: () => Readonly<Record<string, string | number>>;
  readonly clock: Clock;
}

export interface SysTopics extends Component {
  /** @param everyMs how often from now on; 0 for never */
  configure(everyMs: number): void;
}

/** Publishes figures of the broker, at once and again and again, for as long as a client subscribes to any of them. */
export function createSysTopics(everyMs: number, { broker, read, clock }: SysTopicsDeps): SysTopics {
  let interval = everyMs;
  const filters = new Set<string>();
  let unwatch: (() => void) | undefined;
  let cancel: (() => void) | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;

  const tell = (): void => {
    toldMs = clock.monotonic();
    // at QoS 0 and not retained, so that nothing can fail
    for (const [name, value] of Object.entries(read()))
      void broker.publish({
        topic: `${prefix}${name}`,
        payload: Buffer.from(String(value)),
        qos: 0,
        retain: false,
        origin: { kind: 'broker' },
      });
    next(interval);
  };
  const next = (delayMs: number): void => {
    cancel?.();
    cancel = interval === 0 || filters.size === 0 ? undefined : clock.after(delayMs, tell);
  };
  const soon = (): void => next(Math.max(0, toldMs + leastEveryMs - clock.monotonic()));

  return {
    name: '$SYS topics',
    start() {
      unwatch = broker.watch(`${prefix}#`, {
        appeared(filter) {
          filters.add(filter);
          soon();
        },
        disappeared(filter) {
          filters.delete(filter);
          if (filters.size === 0) next(0);
        },
      });
      return Promise.resolve();
    },
    stop() {
      unwatch?.();
      filters.clear();
      next(0);
      return Promise.resolve();
    },
    configure(ms) {
      if (ms === interval) return;
      interval = ms;
      soon();
    },
  };
}
