import { messageOf } from '../../kernel/errors.ts';
import type { AuthenticationVerdict, Authenticator, RejectionCode } from '../ports.ts';
import type { Sessions } from '../sessions.ts';
import type { EngineSession } from './engine-session.ts';
import type { EngineClient, EngineOptions } from './engine-types.ts';

export interface EngineHooksDeps {
  readonly connections: WeakMap<EngineClient, EngineSession>;
  readonly sessions: Sessions;
  readonly authenticator: Authenticator;
}

/** A refusal as the engine takes it. @param returnCode of CONNACK, which it translates for MQTT 5 */
const refusal = (reason: string, returnCode: number): Error => Object.assign(new Error(reason), { returnCode });

const serverUnavailable = 3;
const notAuthorized = 5;
const returnCodes: Readonly<Record<RejectionCode, number>> = {
  'client-id': 2,
  'bad-credentials': 4,
  'not-authorized': notAuthorized,
};

const storeFailed = (cause: unknown): Error =>
  refusal(`the session store does not answer: ${messageOf(cause)}`, serverUnavailable);

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
      admit(client, connection, verdict, deps.sessions).then(
        (error) => process.nextTick(done, error, error === null),
        (cause: unknown) => process.nextTick(done, storeFailed(cause), false),
      );
    },
    authorizePublish(client, packet, done) {
      if (packet.topic.startsWith('$SYS/'))
        return done(new Error(`topic "${packet.topic}" is the broker's own; choose one outside $SYS/`));
      if (client !== null) deps.connections.get(client)?.complete(packet);
      done();
    },
    authorizeSubscribe: (_client, subscription, done) => done(null, subscription),
  };
}

/** @returns why the client may not connect, or null. */
async function admit(
  client: EngineClient,
  connection: EngineSession,
  verdict: AuthenticationVerdict,
  sessions: Sessions,
): Promise<Error | null> {
  if (verdict.kind === 'reject') return refusal(verdict.reason, returnCodes[verdict.code ?? 'not-authorized']);
  const clientId = client.id ?? '';
  const known = await sessions.find(clientId);
  if (known !== undefined && known.principal !== verdict.principal)
    return refusal(
      `client id "${clientId}" has a session of another principal, "${known.principal}"; choose another client id`,
      notAuthorized,
    );
  const isResumed = known !== undefined && client._cleanStart === false;
  // a resumed session that ends with the connection still has a queue to deliver first
  if (isResumed) client.clean = false;
  connection.admitted(verdict.principal, isResumed);
  return null;
}
