import { defineEvent } from '../kernel/telemetry-ports.ts';

export const metricsRefused = defineEvent<{ peer: string }>({
  counter: 'console_metrics_refused_total',
  help: 'Requests for metrics that are refused: from another machine, and not allowed by metrics.allow.',
  labels: [],
  level: 'debug',
  isSecurity: true,
  message: ({ peer }) =>
    `Metrics were refused to ${peer}; this machine may read them, and those that metrics.allow names`,
});

export const queryRefused = defineEvent<{ peer: string }>({
  counter: 'console_queries_refused_total',
  help: 'Requests from another machine for what the broker has, which are refused.',
  labels: [],
  level: 'debug',
  isSecurity: true,
  message: ({ peer }) => `What the broker has was not shown to ${peer}; only this machine may read it`,
});

export const readGivenUp = defineEvent<{ cause: 'idle' | 'too-many' }>({
  counter: 'console_reads_given_up_total',
  help: 'Lists and streams of events whose reader did not come back in time, or made room for another.',
  labels: ['cause'],
  level: 'debug',
  message: ({ cause }) =>
    cause === 'idle'
      ? 'A list was given up: nobody asked for its next page within console.readIdle'
      : 'A list was given up: more than console.reads are read',
});
