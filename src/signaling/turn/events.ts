import { defineEvent } from '../../kernel/telemetry-ports.ts';

/** What came of a request. */
export type TurnResult = 'given' | 'malformed' | 'insecure' | 'refused' | 'limited' | 'unconfigured';

export const turnCredentialsAsked = defineEvent<{ result: TurnResult; peer: string }>({
  counter: 'turn_credentials_total',
  help: 'Requests for credentials of TURN servers, by what came of them.',
  labels: ['result'],
  level: 'debug',
  message: ({ result, peer }) => `TURN credentials, asked for from ${peer}: ${result}`,
});

export const turnKeyRefused = defineEvent<{ peer: string }>({
  counter: 'turn_keys_refused_total',
  help: 'Requests for credentials of TURN servers with a key that is none of signaling.turn.keys.',
  labels: [],
  level: 'warn',
  isSecurity: true,
  message: ({ peer }) => `TURN credentials were refused to ${peer}: its key is none of signaling.turn.keys`,
});
