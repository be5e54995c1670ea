/** Milliseconds of the processor that this process used: what others do on the machine does not count. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

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
