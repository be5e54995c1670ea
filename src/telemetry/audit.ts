import { resolve } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { messageOf, StartError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { atOnce, type Prepared } from '../kernel/prepared.ts';
import { type EventSource, type Events, eventName } from '../kernel/telemetry-ports.ts';
import { AuditFile } from './audit-file.ts';
import type { AuditOptions } from './audit-schema.ts';
import { auditUnwritten, auditWrittenAgain } from './events.ts';
import { linesTo } from './logger.ts';

export interface AuditDeps {
  readonly source: EventSource;
  readonly events: Events;
  readonly clock: Clock;
}

/** Writes security events into a file of their own, where one is asked for. */
export interface Audit extends Component {
  /** @throws StartError audit-unwritable */
  prepare(options: AuditOptions): Prepared;
}

/** No I/O before it is started. */
export function createAudit(options: AuditOptions, { source, events, clock }: AuditDeps): Audit {
  let stop = (): void => undefined;

  /** @returns begins to write */
  const open = ({ file, size }: AuditOptions): Opened => {
    if (file === undefined) return { begin: () => () => undefined, close: () => undefined };
    const path = resolve(file);
    const audit = openFile(path, size, clock);
    return {
      begin() {
        const end = source.hear(linesOf(audit, path, events));
        return () => {
          end();
          audit.close();
        };
      },
      close: () => audit.close(),
    };
  };
  return {
    name: 'audit',
    start() {
      stop = open(options).begin();
      return Promise.resolve();
    },
    stop() {
      stop();
      stop = () => undefined;
      return Promise.resolve();
    },
    prepare(next) {
      const opened = open(next);
      return {
        ...atOnce(() => {
          stop();
          stop = opened.begin();
        }),
        cancel: () => opened.close(),
      };
    },
  };
}

interface Opened {
  /** @returns ends it */
  begin(): () => void;
  close(): void;
}

function openFile(file: string, size: number, clock: Clock): AuditFile {
  try {
    return new AuditFile({ file, size }, clock);
  } catch (cause) {
    throw new StartError(
      'audit-unwritable',
      `audit.file: ${file} cannot be written: ${messageOf(cause)}; name a file in a folder that the broker may write to`,
      { cause },
    );
  }
}

/** A line that cannot be written stands in the log alone; the broker goes on, and says so once. */
function linesOf(audit: AuditFile, file: string, events: Events): Parameters<EventSource['hear']>[0] {
  let isFailing = false;
  const write = (line: string): void => {
    try {
      audit.write(line);
      if (isFailing) events.emit(auditWrittenAgain, { file });
      isFailing = false;
    } catch (cause) {
      if (!isFailing) events.emit(auditUnwritten, { file, problem: messageOf(cause) });
      isFailing = true;
    }
  };
  const logger = linesTo({ write }, 'debug');
  return (kind, fields) => {
    if (kind.isSecurity === true) logger.log(kind.level, kind.message(fields), { ...fields, event: eventName(kind) });
  };
}
