import { messageOf } from '../../kernel/errors.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { AuthenticationVerdict, Authenticator, RejectionCode } from '../ports.ts';
import { maySubscribe, publishProblem } from '../reserved-topics.ts';
import type { Sessions } from '../sessions.ts';
import type { ConnectTurns } from './connect-turns.ts';
import { fromEngineFilter } from './engine-filter.ts';
import type { EngineSession } from './engine-session.ts';
import type { EngineClient, EngineOptions } from './engine-types.ts';

export interface EngineHooksDeps {
  readonly connections: WeakMap<EngineClient, EngineSession>;
  readonly sessions: Sessions;
  readonly turns: ConnectTurns;
  readonly authenticator: Authenticator;
  /** Bytes of the longest topic filter. */
  readonly topicLength: number;
  /** Sends whoever is connected under the client id away; see `GuardedAedes`. */
  readonly makeWay: (clientId: string, isCleanStart: boolean) => Promise<void>;
}

const rejections: Readonly<Record<RejectionCode, number>> = {
  'client-id': reasonCodes.clientIdentifierNotValid,
  'bad-credentials': reasonCodes.badUserNameOrPassword,
  'not-authorized': reasonCodes.notAuthorized,
};

/** What the engine asks us about its clients. */
export function hooksOf(
  deps: EngineHooksDeps,
): Pick<EngineOptions, 'authenticate' | 'authorizePublish' | 'authorizeSubscribe'> {
  return {
    authenticate(client, username, _password, done) {
      const connection = deps.connections.get(client);
      if (connection === undefined) return done(new Error('the connection is gone'), false);
      const verdict = deps.authenticator.authenticate({
        peer: connection.edge.peer,
        clientId: client.id ?? '',
        username: typeof username === 'string' ? username : undefined,
      });
      // a client that may not connect is gone when the edge has told it, and the engine never hears of it again
      void admit(client, connection, verdict, deps)
        .catch((cause: unknown) => {
          connection.refused(reasonCodes.serverUnavailable, `the session store does not answer: ${messageOf(cause)}`);
          return false;
        })
        .then((isAdmitted) =>
          process.nextTick(() => {
            if (isAdmitted && !client.closed) done(null, true);
            else connection.leaveTurn();
          }),
        );
    },
    authorizePublish(client, packet, done) {
      const reason = publishProblem(packet.topic, packet.retain);
      if (reason !== undefined) {
        if (client !== null) deps.connections.get(client)?.denied(reason);
        return done(new Error(reason));
      }
      if (client !== null) deps.connections.get(client)?.complete(packet);
      done();
    },
    authorizeSubscribe(client, subscription, done) {
      const filter = fromEngineFilter(subscription.topic);
      const isTaken = Buffer.byteLength(filter) <= deps.topicLength && maySubscribe(filter, client.id ?? '');
      done(null, isTaken ? subscription : null);
    },
  };
}

/** @returns false when it was refused, or is gone */
async function admit(
  client: EngineClient,
  connection: EngineSession,
  verdict: AuthenticationVerdict,
  { sessions, turns, makeWay }: EngineHooksDeps,
): Promise<boolean> {
  if (verdict.kind === 'reject') {
    connection.refused(rejections[verdict.code ?? 'not-authorized'], verdict.reason);
    return false;
  }
  const clientId = client.id ?? '';
  const leave = await turns.take(clientId, verdict.principal);
  if (leave === undefined) {
    connection.refused(
      reasonCodes.sessionTakenOver,
      `a newer connection with the client id "${clientId}" came before this one was accepted`,
    );
    return false;
  }
  connection.tookTurn(leave);
  if (client.closed) return false;
  const known = await sessions.find(clientId);
  if (client.closed) return false;
  if (known !== undefined && known.principal !== verdict.principal) {
    connection.refused(
      reasonCodes.notAuthorized,
      `client id "${clientId}" has a session of another principal, "${known.principal}"; choose another client id`,
    );
    return false;
  }
  const isCleanStart = client._cleanStart !== false;
  await makeWay(clientId, isCleanStart);
  // what ended with the connection that made way is gone
  const isResumed = !isCleanStart && (await sessions.find(clientId)) !== undefined;
  if (client.closed) return false;
  // a resumed session that ends with the connection still has a queue to deliver first
  if (isResumed) client.clean = false;
  connection.admitted(verdict.principal, isResumed);
  return true;
}
