import type { EventKind, LogFields, Telemetry } from '../../src/kernel/telemetry-ports.ts';

/** Telemetry that keeps what it is told. */
export interface RecordedTelemetry extends Telemetry {
  /** Times that a counter was raised, with these labels. */
  count(counter: string, labels?: LogFields): number;
  /** Log lines of a level. */
  lines(level: string): readonly string[];
  /** Resolves at the next event of this counter, or at once if there was one. */
  seen(counter: string): Promise<void>;
  /** Resolves with the first log line like this, that there is or comes. */
  line(like: RegExp): Promise<string>;
}

export function recordedTelemetry(): RecordedTelemetry {
  const events: {
    readonly counter: string;
    readonly level: string;
    readonly line: string;
    readonly fields: LogFields;
  }[] = [];
  const waiting = new Map<string, (() => void)[]>();
  const awaited = new Set<{ readonly like: RegExp; readonly resolve: (line: string) => void }>();
  return {
    logger: { log: () => undefined },
    events: {
      emit<F extends LogFields>({ counter, level, message }: EventKind<F>, fields: F) {
        const line = message(fields);
        events.push({ counter, level, line, fields });
        for (const { like, resolve } of awaited) if (like.test(line)) resolve(line);
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
    line(like) {
      const known = events.find(({ line }) => like.test(line))?.line;
      return known === undefined ? new Promise((resolve) => awaited.add({ like, resolve })) : Promise.resolve(known);
    },
    seen(counter) {
      if (events.some((event) => event.counter === counter)) return Promise.resolve();
      return new Promise((resolve) => waiting.set(counter, [...(waiting.get(counter) ?? []), resolve]));
    },
  };
}
