import { defineEvent } from '../kernel/telemetry-ports.ts';

interface ConnectedFields extends Record<string, string | number | boolean | undefined> {
  readonly listener: string;
  readonly protocol: string;
  readonly peer: string;
  readonly tls: string | undefined;
  readonly cipher: string | undefined;
  readonly subject: string | undefined;
  readonly mqtt: string;
  readonly clientId: string;
  readonly principal: string;
}

export const clientConnected = defineEvent<ConnectedFields>({
  counter: 'mqtt_connects_total',
  help: 'Clients that were accepted.',
  labels: ['listener', 'mqtt'],
  level: 'info',
  isSecurity: true,
  message: ({ listener, protocol, peer, tls, cipher, subject, mqtt, clientId }) => {
    const security = tls === undefined ? 'no TLS' : `${tls} ${cipher ?? ''}`;
    const certificate = subject === undefined ? '' : `, certificate ${subject}`;
    return `client "${clientId}" connected with ${mqtt} on ${listener} (${protocol}) from ${peer}, ${security}${certificate}`;
  },
});

interface ReauthenticatedFields extends Record<string, string | number | boolean | undefined> {
  readonly listener: string;
  readonly peer: string;
  readonly clientId: string;
  readonly principal: string;
  readonly method: string;
}

/** A client that fails hears DISCONNECT, and `clientRefused` tells why. */
export const clientReauthenticated = defineEvent<ReauthenticatedFields>({
  counter: 'mqtt_reauthentications_total',
  help: 'Times that clients that are connected have proved anew who they are.',
  labels: ['listener'],
  level: 'info',
  isSecurity: true,
  message: ({ clientId, listener, peer, principal, method }) =>
    `client "${clientId}" on ${listener} from ${peer} has proved anew to be "${principal}", by ${method}`,
});

interface ClosedFields extends Record<string, string | number | boolean | undefined> {
  readonly listener: string;
  readonly peer: string;
  readonly clientId: string;
  readonly reason: string;
}

export const clientDisconnected = defineEvent<ClosedFields>({
  counter: 'mqtt_disconnects_total',
  help: 'Accepted clients whose connection ended.',
  labels: ['listener'],
  level: 'info',
  isSecurity: true,
  message: ({ clientId, listener, peer, reason }) =>
    `client "${clientId}" on ${listener} from ${peer} disconnected: ${reason}`,
});

interface RefusedFields extends Record<string, string | number | boolean | undefined> {
  readonly listener: string;
  readonly peer: string;
  readonly clientId: string | undefined;
  readonly reasonCode: number;
  readonly clause: string;
  readonly reason: string;
}

export const clientRefused = defineEvent<RefusedFields>({
  counter: 'mqtt_refused_total',
  help: 'Connections closed by the broker because of what the client sent or did not send.',
  labels: ['listener'],
  level: 'warn',
  isSecurity: true,
  message: ({ listener, peer, clientId, reason, clause, reasonCode }) =>
    `${clientId === undefined ? 'connection' : `client "${clientId}"`} on ${listener} from ${peer} refused: ${reason} [${clause}] (0x${reasonCode.toString(16).padStart(2, '0')})`,
});

/** Why there was no verdict. */
export type UnansweredCause = 'full' | 'timeout' | 'failed' | 'silent';

/** What came of it is told by `clientRefused`, in words. */
export const connectUnanswered = defineEvent<{ listener: string; cause: UnansweredCause }>({
  counter: 'mqtt_connects_unanswered_total',
  help: 'Clients that were refused because nobody could say in time who they are, or they did not prove it in time.',
  labels: ['listener', 'cause'],
  level: 'debug',
  message: ({ listener, cause }) => `a client on ${listener} was refused without a verdict: ${unansweredCauses[cause]}`,
});

const unansweredCauses: Readonly<Record<UnansweredCause, string>> = {
  full: 'too many wait for one already (limits.connectsWaiting)',
  timeout: 'none came in time (limits.authenticationTimeout)',
  failed: 'who had to say it failed',
  silent: 'it did not go on with its exchange (limits.authenticationTimeout)',
};

const memorySteps = {
  leaveOut: 'QoS 0 messages to clients that do not read are left out',
  close: 'the connections that most waits for are closed',
  wait: 'clients that publish or connect have to wait',
} as const;

export const memoryShort = defineEvent<{ step: keyof typeof memorySteps; bytes: number; limit: number }>({
  counter: 'memory_short_total',
  help: 'Times that what is on its way took too much of limits.memory, by what was done about it.',
  labels: ['step'],
  level: 'warn',
  message: ({ step, bytes, limit }) =>
    `memory is short: ${bytes} of ${limit} bytes (limits.memory) are on their way; ${memorySteps[step]}`,
});

export const publishRefused = defineEvent<{ reasonCode: number; reason: string }>({
  counter: 'mqtt_publish_refused_total',
  help: 'Messages of clients that were refused because of their topic.',
  labels: ['reasonCode'],
  level: 'info',
  message: ({ reason, reasonCode }) =>
    `a message was refused: ${reason} (0x${reasonCode.toString(16).padStart(2, '0')})`,
});

export type DeniedAction = 'publish' | 'subscribe' | 'will';

interface DeniedFields extends Record<string, string> {
  readonly action: DeniedAction;
  readonly clientId: string;
  readonly principal: string;
  /** Empty where its client is gone. */
  readonly listener: string;
  readonly reason: string;
}

export const accessDenied = defineEvent<DeniedFields>({
  counter: 'access_denied_total',
  help: 'Messages, subscriptions and wills of clients that were denied.',
  labels: ['action'],
  level: 'warn',
  isSecurity: true,
  message: ({ clientId, principal, listener, reason }) =>
    `client "${clientId}" (user "${principal}"${listener === '' ? '' : `, listener ${listener}`}) was denied: ${reason}; \`viaduct acl explain\` tells which rule decides`,
});

/** The log knows of it already. */
export const accessDeniedAgain = defineEvent<DeniedFields>({ ...accessDenied, level: 'debug', isSecurity: false });

export const subscriptionsRevoked = defineEvent<{ clientId: string; count: number }>({
  counter: 'subscriptions_revoked_total',
  help: 'Times subscriptions of a client ended because the rules allow them no more.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ clientId, count }) =>
    `${count} subscriptions of client "${clientId}" ended: the rules allow them no more`,
});

export const connectionUnused = defineEvent<{ listener: string; peer: string; reason: string }>({
  counter: 'mqtt_unused_connections_total',
  help: 'Connections that ended before a CONNECT was complete.',
  labels: ['listener'],
  level: 'debug',
  message: ({ listener, peer, reason }) => `connection on ${listener} from ${peer} ended without CONNECT: ${reason}`,
});

export const slowClientSkipped = defineEvent<{ listener: string }>({
  counter: 'mqtt_slow_client_dropped_total',
  help: 'QoS 0 messages not sent to a client that does not read fast enough.',
  labels: ['listener'],
  level: 'debug',
  message: ({ listener }) => `a QoS 0 message was dropped: a client on ${listener} does not read fast enough`,
});

export const engineFailed = defineEvent<{ error: string }>({
  counter: 'engine_errors_total',
  help: 'Errors that the engine reports for itself.',
  labels: [],
  level: 'error',
  message: ({ error }) => `engine: ${error}`,
});

export const sessionBegan = defineEvent<{ clientId: string }>({
  counter: 'sessions_begun_total',
  help: 'Sessions that outlive their connection and are new.',
  labels: [],
  level: 'debug',
  message: ({ clientId }) => `client "${clientId}" has a new session`,
});

const sessionEnds = {
  'clean-start': 'its client began anew',
  left: 'its client let it end',
} as const;

/** All but those that expired. */
export const sessionEnded = defineEvent<{ clientId: string; cause: keyof typeof sessionEnds }>({
  counter: 'sessions_ended_total',
  help: 'Sessions that outlived a connection and ended because their client said so.',
  labels: ['cause'],
  level: 'debug',
  message: ({ clientId, cause }) => `the session of client "${clientId}" ended: ${sessionEnds[cause]}`,
});

export const subscriptionAdded = defineEvent<{ clientId: string; filter: string; qos: number }>({
  counter: 'subscriptions_added_total',
  help: 'Subscriptions that clients asked for and were granted, those that took the place of another included.',
  labels: [],
  level: 'debug',
  message: ({ clientId, filter, qos }) => `client "${clientId}" subscribed to "${filter}" at QoS ${qos}`,
});

export const subscriptionRemoved = defineEvent<{ clientId: string; filter: string }>({
  counter: 'subscriptions_removed_total',
  help: 'Subscriptions that clients ended themselves.',
  labels: [],
  level: 'debug',
  message: ({ clientId, filter }) => `client "${clientId}" unsubscribed from "${filter}"`,
});

export const sessionExpired = defineEvent<{ clientId: string }>({
  counter: 'sessions_expired_total',
  help: 'Sessions that ended because nobody came back in time.',
  labels: [],
  level: 'info',
  message: ({ clientId }) => `the session of client "${clientId}" ended: nobody came back in time`,
});

export const sessionStoreFailed = defineEvent<{ error: string }>({
  counter: 'session_store_errors_total',
  help: 'Sessions whose record could not be read, written or removed.',
  labels: [],
  level: 'error',
  message: ({ error }) => `the record of a session could not be kept up to date: ${error}`,
});

export const sharedLeftBehind = defineEvent<{ clientId: string; count: number }>({
  counter: 'shared_left_behind_total',
  help: 'Sessions that ended with messages of shared subscriptions that no other member took in time.',
  labels: [],
  level: 'warn',
  message: ({ clientId, count }) =>
    `the session of client "${clientId}" ended, and ${count} messages of its shared subscriptions with it: the other members did not take them in time; let one of them keep its session, or read faster`,
});

/** Told once for each connection and limit. */
export const subscriptionLimitReached = defineEvent<{ limit: string; allowed: number; clientId: string }>({
  counter: 'subscription_limits_reached_total',
  help: 'Connections that wanted more or longer subscriptions than a limit allows.',
  labels: ['limit'],
  level: 'warn',
  message: ({ limit, allowed, clientId }) =>
    `client "${clientId}" may not subscribe to all that it asks for: limits.${limit} is ${allowed}; raise it if the client needs more`,
});

interface HeldFullFields extends Record<string, string | number> {
  readonly clientId: string;
  readonly maxBytes: number;
}

export const heldFull = defineEvent<HeldFullFields>({
  counter: 'mqtt_held_full_total',
  help: 'Times messages from NATS for a connected session began to be dropped, because too many waited in memory.',
  labels: [],
  level: 'warn',
  message: ({ clientId, maxBytes }) =>
    `client "${clientId}" takes messages from NATS more slowly than they come, and the ${maxBytes} bytes that may wait for all clients are used up: the newest are dropped until it has caught up; raise bridge.maxHeld, or let it read faster`,
});

interface HeldDroppedFields extends Record<string, string> {
  readonly clientId: string;
  readonly topic: string;
}

export const heldDropped = defineEvent<HeldDroppedFields>({
  counter: 'mqtt_held_dropped_total',
  help: 'Messages from NATS that were dropped for a connected session, because too many waited in memory.',
  labels: [],
  level: 'debug',
  message: ({ clientId, topic }) => `client "${clientId}", topic "${topic}": a message from NATS was dropped`,
});
