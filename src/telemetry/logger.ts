import { createRequire } from 'node:module';
import { pino } from 'pino';
import type { PrettyOptions } from 'pino-pretty';
import { withoutCredentials } from '../kernel/credentials.ts';
import { printable } from '../kernel/printable.ts';
import type { LogFields, Logger, LogLevel } from '../kernel/telemetry-ports.ts';
import type { LogOptions } from './schema.ts';

/** Where log lines go: standard error, or a stream of a test. */
export type LogOutput = NodeJS.WritableStream & { readonly isTTY?: boolean; hasColors?(): boolean };

export interface LevelLogger extends Logger {
  /** False when a line of this level would not be written; asked before a costly message is put together. */
  isEnabled(level: LogLevel): boolean;
}

/** Writes text or JSON lines, each in one synchronous write. */
export function createLogger(options: LogOptions, output: LogOutput): LevelLogger {
  const isText = options.format === 'text' || (options.format === 'auto' && output.isTTY === true);
  return linesTo(isText ? textOutput(output) : output, options.level);
}

/** Where lines are put, each by itself. */
interface LineSink {
  write(line: string): void;
}

/** Writes JSON lines. */
export function linesTo(sink: LineSink, lowest: LogLevel): LevelLogger {
  const logger = pino(
    {
      level: lowest,
      base: null, // process id and host name are known to whoever collects the lines
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  return {
    isEnabled: (level) => logger.isLevelEnabled(level),
    log(level, message, fields) {
      if (!logger.isLevelEnabled(level)) return;
      if (fields === undefined) logger[level](cleanText(message));
      else logger[level](cleanFields(fields), cleanText(message));
    },
  };
}

/** Nothing in it that could start a line of its own, and no password. */
const cleanText = (text: string): string => printable(withoutCredentials(text));

function cleanFields(fields: LogFields): LogFields {
  const clean: Record<string, LogFields[string]> = {};
  for (const [name, value] of Object.entries(fields))
    clean[name] = typeof value === 'string' ? cleanText(value) : value;
  return clean;
}

interface PinoPretty {
  readonly prettyFactory: (options: PrettyOptions) => (line: string) => string;
}

function textOutput(output: LogOutput): LineSink {
  // loaded here, because JSON output never needs it and it takes as long to load as pino itself
  const { prettyFactory }: PinoPretty = createRequire(import.meta.url)('pino-pretty');
  const toText = prettyFactory({
    colorize: output.isTTY === true && output.hasColors?.() !== false,
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true, // the message says it all; fields are for programs
  });
  return { write: (line) => void output.write(toText(line)) };
}
