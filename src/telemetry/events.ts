import { defineEvent } from '../kernel/telemetry-ports.ts';

/** Told once until lines can be written again. */
export const auditUnwritten = defineEvent<{ file: string; problem: string }>({
  counter: 'audit_unwritten_total',
  help: 'Times that security events began to be missing in the audit file, because it cannot be written.',
  labels: [],
  level: 'error',
  message: ({ file, problem }) =>
    `audit: ${file} is not written, security events stand in the log only until it can be: ${problem}`,
});

export const auditWrittenAgain = defineEvent<{ file: string }>({
  counter: 'audit_recovered_total',
  help: 'Times that the audit file could be written again.',
  labels: [],
  level: 'info',
  message: ({ file }) => `audit: ${file} is written again; what is missing in it stands in the log`,
});
