import { defineEvent } from '../../kernel/telemetry-ports.ts';

/** Who is asked, as its setting is called below `access`: who a client is, or what it may do. */
export type ServiceName = `${'http' | 'nats'}.${'authenticate' | 'authorize'}`;

/** `remembered`: nobody had to be asked; `full`, `out`: nobody was. */
export type AnswerOutcome = 'allow' | 'deny' | 'ignore' | 'failed' | 'remembered' | 'full' | 'out';

export const serviceAsked = defineEvent<{ service: ServiceName; outcome: AnswerOutcome; problem: string | undefined }>({
  counter: 'auth_service_answers_total',
  help: 'What services that are asked about clients said, by service and outcome.',
  labels: ['service', 'outcome'],
  level: 'debug',
  message: ({ service, outcome, problem }) =>
    `access.${service}: ${outcome}${problem === undefined ? '' : `, ${problem}`}`,
});

export const serviceOut = defineEvent<{ service: ServiceName; problem: string; pauseMs: number }>({
  counter: 'auth_service_outages_total',
  help: 'Times that a service that is asked about clients was taken out of use, as it failed again and again.',
  labels: ['service'],
  level: 'warn',
  message: ({ service, problem, pauseMs }) =>
    `access.${service}: nobody is asked for ${pauseMs} ms, as it failed again and again; what needs it is refused. The last time: ${problem}`,
});

export const serviceBack = defineEvent<{ service: ServiceName }>({
  counter: 'auth_service_recoveries_total',
  help: 'Times that a service that is asked about clients answered again.',
  labels: ['service'],
  level: 'info',
  message: ({ service }) => `access.${service}: it answers again`,
});
