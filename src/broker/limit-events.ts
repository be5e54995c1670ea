import { defineEvent } from '../kernel/telemetry-ports.ts';

/** Told when a client begins to publish too fast, and again when it does so after a rest. */
export const publishHeldBack = defineEvent<{ listener: string; clientId: string }>({
  counter: 'mqtt_publish_held_back_total',
  help: 'Times that a client had to be held back because it published faster than limits.publishRate allows.',
  labels: ['listener'],
  level: 'info',
  message: ({ listener, clientId }) =>
    `client "${clientId}" on ${listener} publishes faster than limits.publishRate allows, and is held back`,
});

interface TakenOverFields extends Record<string, string> {
  readonly listener: string;
  readonly clientId: string;
  readonly before: string;
  readonly now: string;
}

export const clientTakenOver = defineEvent<TakenOverFields>({
  counter: 'mqtt_take_overs_total',
  help: 'Connections that took the place of another one with the same client id.',
  labels: ['listener'],
  level: 'info',
  message: ({ clientId, listener, before, now }) =>
    `client "${clientId}" connects on ${listener} from ${now} and takes the place of its connection from ${before}`,
});

interface DelayedFields extends Record<string, string | number> {
  readonly listener: string;
  readonly clientId: string;
  readonly before: string;
  readonly now: string;
  readonly delayMs: number;
}

export const takeOverDelayed = defineEvent<DelayedFields>({
  counter: 'mqtt_take_overs_delayed_total',
  help: 'Connections that had to wait because their client id was taken over too often.',
  labels: ['listener'],
  level: 'warn',
  message: ({ clientId, listener, before, now, delayMs }) =>
    `client "${clientId}" is taken over again and again, now on ${listener} from ${now} in place of ${before}: it waits for ${delayMs} ms (limits.takeOvers); do two devices have one client id?`,
});

export const userConnectionsOver = defineEvent<{ listener: string; principal: string; limit: number; outcome: string }>(
  {
    counter: 'mqtt_user_connections_over_limit_total',
    help: 'Clients of a user beyond limits.connections.perUser, by what became of them: refuse, replace.',
    labels: ['listener', 'outcome'],
    level: 'info',
    message: ({ listener, principal, limit, outcome }) =>
      `user "${principal}" connects on ${listener} once more than limits.connections.perUser (${limit}) allows: ${outcome === 'replace' ? 'its oldest connection is closed' : 'refused'}`,
  },
);
