import { AppError, messageOf } from '../../kernel/errors.ts';
import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Message } from '../../plane/message.ts';
import type { Plane, Subscription } from '../../plane/plane.ts';
import type { Engine } from '../engine-port.ts';
import { engineFailed } from '../events.ts';
import type { Authenticator } from '../ports.ts';
import type { LimitsOptions } from '../schema.ts';
import type { SessionStore } from '../session-store.ts';
import { EngineSession } from './engine-session.ts';
import type { EngineClient, EngineListener, EngineOptions } from './engine-types.ts';
import { GuardedAedes } from './guarded-aedes.ts';
import { toEnginePacket } from './packet-message.ts';
import { createPlaneQueue } from './plane-queue.ts';

export interface EngineDeps {
  readonly nodeId: string;
  readonly plane: Plane;
  readonly store: SessionStore;
  readonly authenticator: Authenticator;
  readonly telemetry: Telemetry;
}

type Sessions = WeakMap<EngineClient, EngineSession>;

/** The engine: Aedes behind our edge, with our plane as its queue and our store as its persistence. */
export function createEngine(limits: LimitsOptions): (deps: EngineDeps) => Engine {
  return (deps) => {
    const { nodeId, plane, store, telemetry } = deps;
    const sessions: Sessions = new WeakMap();
    const subscriptions = new WeakMap<EngineListener, Subscription>();
    const aedes = new GuardedAedes({
      id: nodeId,
      mq: createPlaneQueue(plane, (listener) => subscriptions.get(listener)),
      persistence: store,
      ...limitsOf(limits),
      ...hooksOf(sessions, deps.authenticator),
    });
    report(aedes, sessions, telemetry);
    // the engine forgets to end the clean sessions of 3.x: their open QoS 2 identifiers would stay (GHSA-p8r9-qf8w-p73r)
    aedes.on('clientDisconnect', ({ id, version, clean }) => {
      if (id === null || version === 5 || !clean) return;
      store
        .cleanSubscriptions({ id })
        .catch((error: unknown) => telemetry.events.emit(engineFailed, { error: messageOf(error) }));
    });

    let isListening = false;
    return {
      name: 'engine',
      async start() {
        await aedes.listen();
        isListening = true;
      },
      async stop() {
        if (!isListening) return;
        isListening = false;
        await new Promise<void>((resolve) => aedes.close(resolve));
        await store.destroy();
      },
      open(edge) {
        const session = new EngineSession(edge, {
          store,
          maxWaitingBytes: limits.outboundBuffer,
          attach: (stream) => aedes.handle(stream),
          register: (listener, subscription) => subscriptions.set(listener, subscription),
        });
        sessions.set(session.client, session);
        return session;
      },
      async disconnectAll() {
        const reason = { reasonCode: reasonCodes.serverShuttingDown };
        const disconnect = (client: EngineClient) => new Promise<void>((resolve) => client.disconnect(reason, resolve));
        await Promise.all(Object.values(aedes.clients).map(disconnect));
      },
      publish: (message) => publish(aedes, plane, message),
    };
  };
}

const limitsOf = (limits: LimitsOptions) => ({
  connectTimeout: limits.connectTimeout,
  drainTimeout: 0, // a slow link is bounded in bytes by the edge
  maxClientsIdLength: 65_535, // MQTT 3.1 has no reason to refuse what 3.1.1 allows
  receiveMaximum: limits.receiveMaximum,
  maximumPacketSize: limits.packetSize,
  sessionExpiryIntervalLimit: Math.max(1, Math.floor(limits.sessionExpiry / 1_000)),
  pendingSessionsLimit: 0,
});

function hooksOf(
  sessions: Sessions,
  authenticator: Authenticator,
): Pick<EngineOptions, 'authenticate' | 'authorizePublish' | 'authorizeSubscribe'> {
  return {
    authenticate(client, username, _password, done) {
      const session = sessions.get(client);
      if (session === undefined) return done(new Error('the connection is gone'), false);
      // a resumed session that ends with the connection still has a queue to deliver first
      if (client._cleanStart === false) client.clean = false;
      const verdict = authenticator.authenticate({
        peer: session.edge.peer,
        clientId: client.id ?? '',
        username: typeof username === 'string' ? username : undefined,
      });
      if (verdict.kind === 'reject') return done(Object.assign(new Error(verdict.reason), { returnCode: 5 }), false);
      session.principal = verdict.principal;
      done(null, true);
    },
    authorizePublish(client, packet, done) {
      if (packet.topic.startsWith('$SYS/'))
        return done(new Error(`topic "${packet.topic}" is the broker's own; choose one outside $SYS/`));
      if (client !== null) sessions.get(client)?.complete(packet);
      done();
    },
    // 3.1.1 has no shared subscriptions; without this the filter would be taken literally and never match
    authorizeSubscribe: (_client, subscription, done) =>
      done(null, subscription.topic.startsWith('$share/') ? null : subscription),
  };
}

/** Tells the edges what the engine says of their clients. */
function report(aedes: GuardedAedes, sessions: Sessions, { events }: Telemetry): void {
  const failed = (client: EngineClient, error: unknown): void => sessions.get(client)?.edge.failed(messageOf(error));
  aedes.on('clientError', failed);
  aedes.on('connectionError', failed);
  aedes.on('clientReady', (client) => sessions.get(client)?.ready());
  aedes.on('connackSent', ({ returnCode, reasonCode }, client) => {
    if ((returnCode ?? reasonCode) === reasonCodes.success) sessions.get(client)?.accepted();
  });
  aedes.on('error', (error) => events.emit(engineFailed, { error: messageOf(error) }));
}

function publish(aedes: GuardedAedes, plane: Plane, message: Message): Promise<void> {
  if (message.qos === 0 && !message.retain) {
    plane.route(message); // nothing to store
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    aedes.publish(toEnginePacket(message), null, (error) => {
      if (error == null) resolve();
      else reject(new AppError('client-failed', messageOf(error), { cause: error }));
    });
  });
}
