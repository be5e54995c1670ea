import { defineEvent } from '../../kernel/telemetry-ports.ts';
import type { BannedBy } from './ban.ts';

export const bansRead = defineEvent<{ count: number }>({
  counter: 'bans_reads_total',
  help: 'Times that bans were read and count from then on.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ count }) =>
    `${count} ban${count === 1 ? '' : 's'} (access.bans) count${count === 1 ? 's' : ''} from now on`,
});

export const bansNotTaken = defineEvent<{ problem: string }>({
  counter: 'bans_failures_total',
  help: 'Times that a changed file of bans was not taken over, because it cannot be read or is no list of bans.',
  labels: [],
  level: 'error',
  isSecurity: true,
  message: ({ problem }) => `the bans of before stay, as their file has changed and cannot be taken: ${problem}`,
});

/** The log hears why from the line about the refusal, or the end of the connection. */
export const clientBanned = defineEvent<{ listener: string; by: BannedBy; clientId: string; reason: string }>({
  counter: 'banned_clients_total',
  help: 'Clients that were refused or disconnected because they are banned.',
  labels: ['listener', 'by'],
  level: 'debug',
  isSecurity: true,
  message: ({ listener, clientId, reason }) => `client "${clientId}" on ${listener} may not connect: ${reason}`,
});
