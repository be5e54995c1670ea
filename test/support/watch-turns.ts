import { cpuMs } from './cpu-ms.ts';

/** Watches the turns of the event loop. */
export function watchTurns(): { readonly worstMs: () => number; readonly stop: () => void } {
  let last = cpuMs();
  let worst = 0;
  let isStopped = false;
  const look = (): void => {
    const now = cpuMs();
    worst = Math.max(worst, now - last);
    last = now;
    if (!isStopped) setImmediate(look);
  };
  setImmediate(look);
  return { worstMs: () => worst, stop: () => (isStopped = true) };
}
