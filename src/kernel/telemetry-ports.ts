/** Values of a log line. Never put secrets, payloads or unbounded client input here. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/**
 * One kind of event: it writes the log line and counts in one go, so that the two cannot disagree.
 * Kinds stand in `events.ts` of the module that emits them.
 */
export interface EventKind<F extends LogFields> {
  /** Prometheus counter without prefix, ends in `_total`. */
  readonly counter: string;
  /** What is counted; the help text of the counter. */
  readonly help: string;
  /** Fields that become labels. Only fields with few possible values: never client ids or topics. */
  readonly labels: readonly (keyof F & string)[];
  readonly level: LogLevel;
  /** It says who came in, was refused, or was given or denied something: it belongs into the audit log too. */
  readonly isSecurity?: boolean;
  /** The log line: what happened, which value, what to do. */
  readonly message: (fields: F) => string;
}

export const defineEvent = <F extends LogFields>(kind: EventKind<F>): EventKind<F> => kind;

/** What an event is called in log lines; never another for the same kind. */
export const eventName = ({ counter }: Pick<EventKind<never>, 'counter'>): string => counter.replace(/_total$/, '');

/** Where events go. Implemented by telemetry/. */
export interface Events {
  emit<F extends LogFields>(kind: EventKind<F>, fields: F): void;
}

/** Hears of one event. Must not block and must not throw. */
export type HearEvent = <F extends LogFields>(kind: EventKind<F>, fields: F) => void;

/** Where events come from. Implemented by telemetry/. */
export interface EventSource {
  /** Hears every event from now on. @returns ends it */
  hear(hear: HearEvent): () => void;
}

/** What most components are given. */
export interface Telemetry {
  readonly logger: Logger;
  readonly events: Events;
}

/** Keeps nothing; for tests, and for code that runs outside the program. */
export const silentTelemetry: Telemetry = {
  logger: { log: () => undefined },
  events: { emit: () => undefined },
};
