import { defineEvent } from '../kernel/telemetry-ports.ts';

export const requestFailed = defineEvent<{ route: string; reason: string }>({
  counter: 'console_request_failed_total',
  help: 'HTTP requests of the console that ended in an internal error.',
  labels: [],
  level: 'error',
  message: ({ route, reason }) => `The console could not answer ${route}: ${reason}`,
});

export const metricsRefused = defineEvent<{ peer: string }>({
  counter: 'console_metrics_refused_total',
  help: 'Requests for metrics from another machine, which are refused.',
  labels: [],
  level: 'debug',
  message: ({ peer }) => `Metrics were refused to ${peer}; only this machine may read them`,
});
