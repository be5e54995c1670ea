import { defineEvent } from '../../kernel/telemetry-ports.ts';

export const scramJudged = defineEvent<{ verdict: 'right' | 'wrong' | 'malformed'; listener: string }>({
  counter: 'auth_scram_total',
  help: 'Exchanges by SCRAM-SHA-256 that came to an end, by what came of them.',
  labels: ['verdict'],
  level: 'debug',
  message: ({ verdict, listener }) => `a client on ${listener} proved itself by SCRAM-SHA-256: ${verdict}`,
});
