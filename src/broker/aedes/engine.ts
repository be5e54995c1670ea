import { messageOf } from '../../kernel/errors.ts';
import type { Slices } from '../../kernel/slices.ts';
import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Plane } from '../../plane/plane.ts';
import { ConnectQuestions } from '../connect-questions.ts';
import type { Engine } from '../engine-port.ts';
import { engineFailed } from '../events.ts';
import type { Authenticator, Authorizer } from '../ports.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { LimitsOptions } from '../schema.ts';
import type { SessionEnds } from '../session-ends.ts';
import type { SessionStore } from '../session-store.ts';
import { Sessions } from '../sessions.ts';
import { clientHooks } from './client-hooks.ts';
import { ConnectTurns } from './connect-turns.ts';
import { hooksOf } from './engine-hooks.ts';
import { EngineSession, type EngineSessionDeps } from './engine-session.ts';
import { createEngineStore } from './engine-store.ts';
import type { EngineClient } from './engine-types.ts';
import { GuardedAedes } from './guarded-aedes.ts';
import { PacketReader } from './packet-reader.ts';
import { silentQueue } from './silent-queue.ts';
import { publishWillsOfEarlierRun } from './wills.ts';

export interface EngineDeps {
  /** Unique to this run of the node. */
  readonly runId: string;
  readonly plane: Plane;
  readonly store: SessionStore;
  readonly ends: SessionEnds;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly publisher: Publisher;
  readonly wheel: TimerWheel;
  /** For long work of clients. */
  readonly slices: Slices;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

/** The engine: Aedes behind our edge, for CONNECT, DISCONNECT and what they begin and end. */
export function createEngine(initial: LimitsOptions): (deps: EngineDeps) => Engine {
  return (deps) => {
    let limits = initial;
    const { runId, store, ends, telemetry } = deps;
    const connections = new WeakMap<EngineClient, EngineSession>();
    const reader = new PacketReader();
    const turns = new ConnectTurns();
    const questions = new ConnectQuestions({ ...deps, limits: () => limits, events: telemetry.events });
    const sessions = new Sessions({
      ...deps,
      maxSessions: () => limits.sessions,
      isArriving: (clientId) => turns.isTaken(clientId),
    });
    const failed = (error: unknown): void => telemetry.events.emit(engineFailed, { error: messageOf(error) });
    const sessionOf = (clientId: string): EngineSession | undefined => {
      const client = aedes.clients[clientId];
      return client && connections.get(client);
    };
    const makeWay: GuardedAedes['makeWay'] = (...args) => aedes.makeWay(...args);
    const aedes: GuardedAedes = new GuardedAedes(
      {
        id: runId,
        mq: silentQueue(),
        persistence: createEngineStore(store, ends),
        ...limitsOf(limits),
        ...hooksOf({ ...deps, connections, sessions, turns, questions, sessionOf, makeWay }),
      },
      clientHooks({ ...deps, connections, sessions, failed }),
    );
    report(aedes, connections, failed);

    const sessionDeps: EngineSessionDeps = {
      ...deps,
      reader,
      attach: (socket) => aedes.handle(socket),
      events: telemetry.events,
    };

    let isListening = false;
    return {
      name: 'engine',
      async start() {
        await aedes.listen();
        isListening = true;
        await sessions.start();
        await publishEarlierWills(aedes, deps);
      },
      async stop() {
        if (!isListening) return;
        isListening = false;
        sessions.stop();
        await new Promise<void>((resolve) => aedes.close(resolve));
      },
      open(edge) {
        const session = new EngineSession(edge, sessionDeps);
        connections.set(session.client, session);
        return session;
      },
      limit(next) {
        limits = next;
        aedes.sessionExpiryIntervalLimit = sessionExpirySeconds(limits);
      },
      edgeOf: (clientId) => sessionOf(clientId)?.edge,
      subscriptionsOf: (clientId) => sessionOf(clientId)?.subscriptions,
      disconnectAll: () => disconnectAll(Object.values(aedes.clients)),
    };
  };
}

const publishEarlierWills = (aedes: GuardedAedes, deps: EngineDeps): Promise<void> =>
  publishWillsOfEarlierRun({
    ...deps,
    isConnected: (clientId) => aedes.clients[clientId] !== undefined,
  });

/** The longest that MQTT 5 can name. [MQTT 5, 3.1.2.11.2] */
const neverSeconds = 0xffff_ffff;

const sessionExpirySeconds = ({ sessionExpiry }: LimitsOptions): number =>
  Math.min(neverSeconds, Math.floor(sessionExpiry / 1_000));

const limitsOf = (limits: LimitsOptions) => ({
  connectTimeout: limits.connectTimeout,
  drainTimeout: 0, // a slow link is bounded in bytes by the edge
  maxClientsIdLength: 65_535, // MQTT 3.1 has no reason to refuse what 3.1.1 allows
  sessionExpiryIntervalLimit: sessionExpirySeconds(limits),
  pendingSessionsLimit: 0,
});

/** Tells the edges what the engine says of their clients. */
function report(
  aedes: GuardedAedes,
  connections: WeakMap<EngineClient, EngineSession>,
  failed: (error: unknown) => void,
): void {
  const clientFailed = (client: EngineClient, error: unknown): void =>
    connections.get(client)?.edge.failed(messageOf(error));
  aedes.on('clientError', clientFailed);
  aedes.on('connectionError', clientFailed);
  aedes.on('error', failed);
}

async function disconnectAll(clients: readonly EngineClient[]): Promise<void> {
  const reason = { reasonCode: reasonCodes.serverShuttingDown };
  await Promise.all(clients.map((client) => new Promise<void>((resolve) => client.disconnect(reason, resolve))));
}
