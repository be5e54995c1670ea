import {
  type EventKind,
  type EventSource,
  type Events,
  eventName,
  type HearEvent,
  type LogFields,
  type Telemetry,
} from '../kernel/telemetry-ports.ts';
import { createLogger, type LogOutput } from './logger.ts';
import { type GaugeReading, Metrics } from './metrics.ts';
import type { LogOptions } from './schema.ts';
import type { CounterDefinition, LabelValues } from './tally.ts';

export interface TelemetryDeps {
  /** Where log lines go. */
  readonly stderr: LogOutput;
}

/** Log and counters of one program. */
export interface AppTelemetry extends Telemetry, EventSource {
  /** Shows the counters of these events from the start; others appear with their first event. */
  declare(kinds: readonly CounterDefinition[]): void;
  /** Value of a counter, for tests and status pages. @param counter without prefix. @param labels narrow it down. */
  count(counter: string, labels?: LabelValues): number;
  /** A value that is read whenever metrics are. @param name without prefix. */
  gauge(name: string, help: string, read: () => GaugeReading): void;
  /** All metrics in the text format of Prometheus. */
  metricsText(): Promise<string>;
  /** Writes lines as these options say from now on. */
  configure(options: LogOptions): void;
  /** Resolves when every line has left the process. */
  close(): Promise<void>;
}

/** No I/O and no timers until something is logged. */
export function createTelemetry(options: LogOptions, { stderr }: TelemetryDeps): AppTelemetry {
  let logger = createLogger(options, stderr);
  const metrics = new Metrics();
  const hearers = new Set<HearEvent>();
  const events: Events = {
    emit<F extends LogFields>(kind: EventKind<F>, fields: F) {
      metrics.increment(kind, fields);
      if (hearers.size > 0) for (const hear of hearers) hear(kind, fields);
      if (logger.isEnabled(kind.level))
        logger.log(kind.level, kind.message(fields), { ...fields, event: eventName(kind) });
    },
  };
  return {
    logger: { log: (level, message, fields) => logger.log(level, message, fields) },
    events,
    hear(hear) {
      hearers.add(hear);
      return () => void hearers.delete(hear);
    },
    configure(next) {
      logger = createLogger(next, stderr);
    },
    declare(kinds) {
      for (const kind of kinds) metrics.declare(kind);
    },
    count: (counter, labels) => metrics.count(counter, labels),
    gauge: (name, help, read) => metrics.gauge(name, help, read),
    metricsText: () => metrics.text(),
    close: () => new Promise((resolve) => void stderr.write('', () => resolve())),
  };
}
