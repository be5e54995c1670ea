import { defineEvent } from '../kernel/telemetry-ports.ts';

/** Told once for each listener. */
export const passwordsUnchecked = defineEvent<{ listener: string; principal: string }>({
  counter: 'auth_listeners_with_unchecked_passwords_total',
  help: 'Listeners on which a client sent a password that nobody checks.',
  labels: ['listener'],
  level: 'warn',
  isSecurity: true,
  message: ({ listener, principal }) =>
    `clients on listener "${listener}" send passwords, and nobody checks them: one was let in as "${principal}", as it would be without; set access.uncheckedPasswords to refuse, or let clients show a certificate or a pre-shared key`,
});

export const passwordUnchecked = defineEvent<{ listener: string }>({
  counter: 'auth_unchecked_passwords_total',
  help: 'Clients that were let in without a look at the password that they sent.',
  labels: ['listener'],
  level: 'debug',
  message: ({ listener }) => `a client on ${listener} was let in without a look at its password`,
});
