import { defineEvent } from '../../kernel/telemetry-ports.ts';

export const keptOut = defineEvent<{ listener: string; what: 'address' | 'user'; name: string; banMs: number }>({
  counter: 'login_failure_bans_total',
  help: 'Times that an address or a user name was kept out because of wrong passwords or tokens.',
  labels: ['what'],
  level: 'warn',
  isSecurity: true,
  message: ({ listener, what, name, banMs }) =>
    `${what} "${name}" sent too many wrong passwords, the last on ${listener}: for ${banMs / 1_000} s only who has logged in that way before is let in (access.failures)`,
});
