import type { EventKind, LogFields, Telemetry } from '../../src/kernel/telemetry-ports.ts';

/** Telemetry that keeps what it is told. */
export interface RecordedTelemetry extends Telemetry {
  /** Times that a counter was raised, with these labels. */
  count(counter: string, labels?: LogFields): number;
  /** Log lines of a level. */
  lines(level: string): readonly string[];
  /** Resolves at the next event of this counter, or at once if there was one. */
  seen(counter: string): Promise<void>;
}

export function recordedTelemetry(): RecordedTelemetry {
  const events: {
    readonly counter: string;
    readonly level: string;
    readonly line: string;
    readonly fields: LogFields;
  }[] = [];
  const waiting = new Map<string, (() => void)[]>();
  return {
    logger: { log: () => undefined },
    events: {
      emit<F extends LogFields>({ counter, level, message }: EventKind<F>, fields: F) {
        events.push({ counter, level, line: message(fields), fields });
        for (const resolve of waiting.get(counter) ?? []) resolve();
        waiting.delete(counter);
      },
    },
    count: (counter, labels = {}) =>
      events.filter(
        (event) =>
          event.counter === counter && Object.entries(labels).every(([name, value]) => event.fields[name] === value),
      ).length,
    lines: (level) => events.filter((event) => event.level === level).map(({ line }) => line),
    seen(counter) {
      if (events.some((event) => event.counter === counter)) return Promise.resolve();
      return new Promise((resolve) => waiting.set(counter, [...(waiting.get(counter) ?? []), resolve]));
    },
  };
}
