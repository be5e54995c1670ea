import { messageOf } from '../../kernel/errors.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { AuthenticationVerdict, Authenticator, RejectionCode } from '../ports.ts';
import { maySubscribe, publishProblem } from '../reserved-topics.ts';
import type { Sessions } from '../sessions.ts';
import { fromEngineFilter } from './engine-filter.ts';
import type { EngineSession } from './engine-session.ts';
import type { EngineClient, EngineOptions } from './engine-types.ts';

export interface EngineHooksDeps {
  readonly connections: WeakMap<EngineClient, EngineSession>;
  readonly sessions: Sessions;
  readonly authenticator: Authenticator;
  /** Bytes of the longest topic filter. */
  readonly topicLength: number;
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
      admit(client, connection, verdict, deps.sessions).then(
        (isAdmitted) => (isAdmitted ? process.nextTick(done, null, true) : undefined),
        (cause: unknown) =>
          connection.refused(reasonCodes.serverUnavailable, `the session store does not answer: ${messageOf(cause)}`),
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

/** @returns false when it was refused */
async function admit(
  client: EngineClient,
  connection: EngineSession,
  verdict: AuthenticationVerdict,
  sessions: Sessions,
): Promise<boolean> {
  if (verdict.kind === 'reject') {
    connection.refused(rejections[verdict.code ?? 'not-authorized'], verdict.reason);
    return false;
  }
  const clientId = client.id ?? '';
  const known = await sessions.find(clientId);
  if (client.closed) return false;
  if (known !== undefined && known.principal !== verdict.principal) {
    connection.refused(
      reasonCodes.notAuthorized,
      `client id "${clientId}" has a session of another principal, "${known.principal}"; choose another client id`,
    );
    return false;
  }
  const isResumed = known !== undefined && client._cleanStart === false;
  // a resumed session that ends with the connection still has a queue to deliver first
  if (isResumed) client.clean = false;
  connection.admitted(verdict.principal, isResumed);
  return true;
}
