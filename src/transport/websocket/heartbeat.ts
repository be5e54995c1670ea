import type { Clock } from '../../kernel/clock.ts';

/** Between two pings of one connection. Proxies cut what is silent for 30 to 60 s. */
export const heartbeatMs = 25_000;

const slots = 25;

/** Calls each member once every 25 s. Members are spread over the period, so that there is no burst. */
export interface Heartbeat {
  /** @returns leave. */
  join(beat: () => void): () => void;
}

/** One timer for all members, running only while there are any. */
export function heartbeat(clock: Clock): Heartbeat {
  const wheel = Array.from({ length: slots }, () => new Set<() => void>());
  let position = 0;
  let members = 0;
  let cancel: (() => void) | undefined;

  const turn = (): void => {
    position = (position + 1) % slots;
    cancel = clock.after(heartbeatMs / slots, turn);
    for (const beat of wheel[position] ?? []) beat();
  };

  return {
    join(beat) {
      const slot = wheel[position]!; // a whole period from now
      slot.add(beat);
      members += 1;
      cancel ??= clock.after(heartbeatMs / slots, turn);
      return () => {
        if (!slot.delete(beat)) return;
        members -= 1;
        if (members > 0) return;
        cancel?.();
        cancel = undefined;
      };
    },
  };
}
