import { messageOf } from '../../kernel/errors.ts';
import type { Slices } from '../../kernel/slices.ts';
import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Message } from '../../plane/message.ts';
import type { Plane } from '../../plane/plane.ts';
import type { Engine } from '../engine-port.ts';
import { engineFailed } from '../events.ts';
import type { Authenticator } from '../ports.ts';
import type { Gates } from '../publish/gates.ts';
import { StoredMessage } from '../publish/stored-message.ts';
import type { LimitsOptions } from '../schema.ts';
import type { SessionEnds } from '../session-ends.ts';
import type { SessionStore, StoredPacket } from '../session-store.ts';
import { Sessions } from '../sessions.ts';
import { clientHooks } from './client-hooks.ts';
import { ConnectTurns } from './connect-turns.ts';
import { hooksOf } from './engine-hooks.ts';
import { originOf, toEnginePacket } from './engine-packet.ts';
import { EngineSession, type EngineSessionDeps } from './engine-session.ts';
import { createEngineStore, type QueueDecision } from './engine-store.ts';
import type { EngineClient } from './engine-types.ts';
import { GuardedAedes } from './guarded-aedes.ts';
import { PacketReader } from './packet-reader.ts';
import { createPlaneQueue } from './plane-queue.ts';
import { publishWillsOfEarlierRun } from './wills.ts';

export interface EngineDeps {
  /** Unique to this run of the node. */
  readonly runId: string;
  readonly plane: Plane;
  readonly store: SessionStore;
  readonly ends: SessionEnds;
  readonly authenticator: Authenticator;
  readonly gates: Gates;
  readonly wheel: TimerWheel;
  /** For long work of clients. */
  readonly slices: Slices;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

/** The engine: Aedes behind our edge, with our plane as its queue and our store as its persistence. */
export function createEngine(initial: LimitsOptions): (deps: EngineDeps) => Engine {
  return (deps) => {
    let limits = initial;
    const { runId, plane, store, ends, now, telemetry } = deps;
    const connections = new WeakMap<EngineClient, EngineSession>();
    const decisions = new WeakMap<object, QueueDecision>();
    const reader = new PacketReader();
    const turns = new ConnectTurns();
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
        mq: createPlaneQueue({
          plane,
          decisionOf: (packet) => decisions.get(packet),
          routed: (clientId, count) => sessionOf(clientId)?.routed(count),
        }),
        persistence: createEngineStore({
          store,
          plane,
          ends,
          now,
          passed: (packet) => pass(deps.gates, packet, sessionOf(packet.clientId ?? '')),
          isPaced: (packet) => originOf(packet).kind === 'bridge',
          admit: (clientId, targets, packet) => sessionOf(clientId)?.edge.admit(targets, packet),
          decided: (packet, decision) => void decisions.set(packet, decision),
        }),
        ...limitsOf(limits),
        ...hooksOf({ ...deps, limits: () => limits, connections, sessions, turns, sessionOf, makeWay }),
      },
      clientHooks({ connections, sessions, ends, store, now, failed }),
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
        await store.destroy();
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
      disconnectAll: () => disconnectAll(Object.values(aedes.clients)),
      publish: (message) => publishMessage(message, aedes, plane),
    };
  };
}

const publishEarlierWills = (aedes: GuardedAedes, deps: EngineDeps): Promise<void> =>
  publishWillsOfEarlierRun({
    ...deps,
    isConnected: (clientId) => aedes.clients[clientId] !== undefined,
    publish: (will) => publishPacket(aedes, { cmd: 'publish', ...will } as never),
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

/** Gives a message to the gates. @param session of its publisher, which waits for an answer; of a will nobody does */
function pass(gates: Gates, packet: StoredPacket, session: EngineSession | undefined): Promise<unknown> | undefined {
  const isAwaited = session?.isPublishing === true;
  const canRefuse = isAwaited && session.edge.connect.version === 5;
  const make = (): StoredMessage => new StoredMessage(packet, originOf(packet));
  const taken = gates.pass(packet.topic, make, { packetId: undefined, isDuplicate: false, canRefuse });
  if (isAwaited) return taken;
  taken?.catch(() => undefined); // the gate has told
  return undefined;
}

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

async function publishMessage(message: Message, aedes: GuardedAedes, plane: Plane): Promise<void> {
  if (message.qos === 0 && !message.retain)
    plane.route(message); // nothing to store
  else await publishPacket(aedes, toEnginePacket(message));
}

function publishPacket(aedes: GuardedAedes, packet: Parameters<GuardedAedes['publish']>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    aedes.publish(packet, null, (error) => {
      if (error == null) resolve();
      else reject(error);
    });
  });
}

async function disconnectAll(clients: readonly EngineClient[]): Promise<void> {
  const reason = { reasonCode: reasonCodes.serverShuttingDown };
  await Promise.all(clients.map((client) => new Promise<void>((resolve) => client.disconnect(reason, resolve))));
}
