import { messageOf } from '../../kernel/errors.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type ConnectQuestions, type ConnectVerdict, ownerOf } from '../connect-questions.ts';
import type { Identity, RejectionCode } from '../ports.ts';
import type { StoredSession } from '../session-store.ts';
import type { Sessions } from '../sessions.ts';
import type { ConnectTurns } from './connect-turns.ts';
import type { EngineSession } from './engine-session.ts';
import type { EngineClient, EngineOptions } from './engine-types.ts';

export interface EngineHooksDeps {
  readonly connections: WeakMap<EngineClient, EngineSession>;
  readonly sessions: Sessions;
  readonly turns: ConnectTurns;
  readonly questions: ConnectQuestions;
  /** Who is connected under the client id. */
  readonly sessionOf: (clientId: string) => EngineSession | undefined;
  /** Sends whoever is connected under the client id away; see `GuardedAedes`. */
  readonly makeWay: (clientId: string, isCleanStart: boolean) => Promise<void>;
}

const rejections: Readonly<Record<RejectionCode, number>> = {
  'client-id': reasonCodes.clientIdentifierNotValid,
  'bad-credentials': reasonCodes.badUserNameOrPassword,
  'not-authorized': reasonCodes.notAuthorized,
  busy: reasonCodes.quotaExceeded,
  unavailable: reasonCodes.serverUnavailable,
};

/** What the engine asks us about its clients. */
export function hooksOf(deps: EngineHooksDeps): Pick<EngineOptions, 'authenticate'> {
  return {
    authenticate(client, _username, _password, done) {
      const connection = deps.connections.get(client);
      if (connection === undefined) return done(new Error('the connection is gone'), false);
      // a client that may not connect is gone when the edge has told it, and the engine never hears of it again
      void admit(client, connection, deps)
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
  };
}

function tooLong(clientId: string, most: number): ConnectVerdict | undefined {
  const bytes = Buffer.byteLength(clientId);
  if (bytes <= most) return undefined;
  const reason = `the client id has ${bytes} bytes; limits.clientIdLength allows ${most}`;
  return { kind: 'reject', code: 'client-id', reason };
}

/** @returns false when it was refused, or is gone */
async function admit(
  client: EngineClient,
  connection: EngineSession,
  { questions, sessions, turns, sessionOf, makeWay }: EngineHooksDeps,
): Promise<boolean> {
  const clientId = client.id ?? '';
  const { peer, connect, limits } = connection.edge;
  const { password } = connection;
  const answer =
    tooLong(clientId, limits.clientIdLength) ??
    questions.ask({ peer, clientId, connect, password }, (giveUp) => connection.isAsked(giveUp));
  const verdict = answer instanceof Promise ? await answer : answer; // known at once, it costs no turn of the loop
  if (verdict === undefined) return false;
  if (verdict.kind === 'reject') {
    connection.refused(rejections[verdict.code ?? 'not-authorized'], verdict.reason);
    return false;
  }
  const leave = verdict.kind === 'overtaken' ? undefined : await turns.take(clientId, ownerOf(verdict));
  if (verdict.kind === 'overtaken' || leave === undefined) {
    connection.refused(
      reasonCodes.sessionTakenOver,
      `a newer connection with the client id "${clientId}" came before this one was accepted`,
    );
    return false;
  }
  const identity = { principal: verdict.principal, trust: verdict.trust };
  connection.tookTurn(leave);
  if (client.closed) return false;
  const current = sessionOf(clientId);
  const owner = current?.owner ?? (await sessions.find(clientId)); // a clean session stands in no store
  if (client.closed) return false;
  if (owner !== undefined && !isSame(owner, identity)) {
    connection.refused(reasonCodes.notAuthorized, `client id "${clientId}" has ${whose(owner, identity)}`);
    return false;
  }
  const isCleanStart = client._cleanStart !== false;
  await makeWay(clientId, isCleanStart);
  if (isCleanStart && (current === undefined ? owner !== undefined : current.isKept && (await sessions.find(clientId))))
    sessions.ended(clientId, 'clean-start');
  // what ended with the connection that made way is gone
  const isResumed = !isCleanStart && (await sessions.find(clientId)) !== undefined;
  if (client.closed) return false;
  // a resumed session that ends with the connection still has a queue to deliver first
  if (isResumed) client.clean = false;
  connection.admitted(verdict, isResumed);
  return true;
}

type Owner = Pick<StoredSession, 'principal' | 'trust'>;

const isSame = (owner: Owner, { principal, trust }: Identity): boolean =>
  owner.principal === principal && (owner.trust === undefined || owner.trust === trust);

const whose = (owner: Owner, { principal, trust }: Identity): string =>
  owner.principal === principal
    ? `a session of the same name under another trust, "${owner.trust}" and not "${trust}"; choose another client id, or give both listeners the same \`trust\``
    : `a session of another principal, "${owner.principal}"; choose another client id`;
