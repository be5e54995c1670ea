import { defineEvent } from '../kernel/telemetry-ports.ts';

export const requestFailed = defineEvent<{ route: string; reason: string }>({
  counter: 'console_request_failed_total',
  help: 'HTTP requests of the console that ended in an internal error.',
  labels: [],
  level: 'error',
  message: ({ route, reason }) => `The console could not answer ${route}: ${reason}`,
});
