import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { Pace } from '../../kernel/pace.ts';
import type { Slices } from '../../kernel/slices.ts';
import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Plane } from '../../plane/plane.ts';
import { ConnectQuestions } from '../connect-questions.ts';
import type { Denials } from '../denials.ts';
import type { Engine } from '../engine-port.ts';
import { engineFailed } from '../events.ts';
import type { Authenticator, Authorizer } from '../ports.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { LimitsOptions } from '../schema.ts';
import type { SessionEnds } from '../session-ends.ts';
import { Sessions } from '../sessions.ts';
import type { Store } from '../store-port.ts';
import { clientHooks } from './client-hooks.ts';
import { ConnectTurns } from './connect-turns.ts';
import { type ConnectingDeps, connectClient, whyNotHere } from './connecting.ts';
import { EngineSession, type EngineSessionDeps } from './engine-session.ts';
import type { EngineOptions } from './engine-types.ts';
import { GuardedAedes } from './guarded-aedes.ts';
import { PacketReader } from './packet-reader.ts';
import { reauthenticateClient } from './reauthenticating.ts';
import { silentQueue } from './silent-queue.ts';
import { TakeOvers } from './take-overs.ts';
import { publishWillsOfEarlierRun } from './wills.ts';

export interface EngineDeps {
  /** Unique to this run of the node. */
  readonly runId: string;
  readonly plane: Plane;
  readonly store: Store;
  readonly ends: SessionEnds;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly publisher: Publisher;
  readonly denials: Denials;
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  /** For long work of clients. */
  readonly slices: Slices;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

/** The engine: Aedes behind our edge, for CONNECT, DISCONNECT and what they begin and end. */
export function createEngine(initial: LimitsOptions, deps: EngineDeps): Engine {
  let limits = initial;
  const { runId, store, telemetry } = deps;
  const turns = new ConnectTurns();
  const questions = new ConnectQuestions({ ...deps, limits: () => limits, events: telemetry.events });
  const sessions = new Sessions({
    ...deps,
    maxSessions: () => limits.sessions,
    isArriving: (clientId) => turns.isTaken(clientId),
  });
  const failed = (error: unknown): void => telemetry.events.emit(engineFailed, { error: messageOf(error) });
  const engine = new GuardedAedes(
    { id: runId, mq: silentQueue(), persistence: nothingKept, ...limitsOf(limits) },
    clientHooks({ ...deps, sessions, failed }),
  );
  engine.on('error', failed);

  const connecting: ConnectingDeps = {
    ...deps,
    engine,
    reader: new PacketReader(),
    sessions,
    turns,
    questions,
    takeOvers: new TakeOvers({ ...deps, limits: () => limits, events: telemetry.events }),
    events: telemetry.events,
    failed,
  };
  const sessionDeps: EngineSessionDeps = {
    ...deps,
    engine,
    connect: (client, frame) => void connectClient(client, frame, connecting).catch(failed),
    reauthenticate: (client, exchange) => void reauthenticateClient(client, exchange, connecting).catch(failed),
    forgetWill: (id) => void store.takeWill(id).catch(failed),
    events: telemetry.events,
  };

  let isListening = false;
  return {
    name: 'engine',
    async start() {
      await engine.listen();
      isListening = true;
      await sessions.start();
      await publishWillsOfEarlierRun({
        ...deps,
        isConnected: (clientId) => engine.clients[clientId] !== undefined,
      });
    },
    async stop() {
      if (!isListening) return;
      isListening = false;
      sessions.stop();
      await new Promise<void>((resolve) => engine.close(resolve));
    },
    open: (edge) => new EngineSession(edge, sessionDeps),
    limit(next) {
      limits = next;
      engine.sessionExpiryIntervalLimit = sessionExpirySeconds(limits);
    },
    edgeOf: (clientId) => engine.clients[clientId]?.edge,
    subscriptionsOf: (clientId) => engine.clients[clientId]?.subscriptions,
    async reconsider() {
      const pace = new Pace(deps.slices);
      for (const client of Object.values(engine.clients)) {
        const banned = whyNotHere(client, deps.authenticator);
        if (banned === undefined) await client.reconsider();
        else client.dismiss(banned);
        const turn = pace.step();
        if (turn !== undefined) await turn;
      }
    },
    async disconnectAll() {
      for (const client of Object.values(engine.clients))
        client.disconnect({ reasonCode: reasonCodes.serverShuttingDown });
    },
  };
}

/** The store is ours, and open already. */
const nothingKept: EngineOptions['persistence'] = { async setup() {} };

/** The longest that MQTT 5 can name. [MQTT 5, 3.1.2.11.2] */
const neverSeconds = 0xffff_ffff;

const sessionExpirySeconds = ({ sessionExpiry }: LimitsOptions): number =>
  Math.min(neverSeconds, Math.floor(sessionExpiry / 1_000));

const limitsOf = (limits: LimitsOptions) => ({
  sessionExpiryIntervalLimit: sessionExpirySeconds(limits),
  pendingSessionsLimit: 0,
});
