import { randomUUID } from 'node:crypto';
import { messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { authenticationDataOf, passwordOf } from '../../mqtt/connect.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type AccessDenial, denialOf } from '../access-verdict.ts';
import { type ConnectQuestions, type ConnectVerdict, ownerOf } from '../connect-questions.ts';
import type { Denials } from '../denials.ts';
import type {
  Acceptance,
  AuthenticationRequest,
  Authenticator,
  AuthorizedClient,
  Authorizer,
  RejectionCode,
} from '../ports.ts';
import type { SessionEnds } from '../session-ends.ts';
import type { Sessions } from '../sessions.ts';
import type { Store, StoredSession } from '../store-port.ts';
import type { ConnectTurns } from './connect-turns.ts';
import type { EngineSession } from './engine-session.ts';
import type { GuardedAedes } from './guarded-aedes.ts';
import type { PacketReader } from './packet-reader.ts';
import type { ReauthenticatingDeps } from './reauthenticating.ts';
import { refusalCode } from './session-refusal.ts';
import type { TakeOvers } from './take-overs.ts';
import { admitUser } from './user-limit.ts';
import { willOf } from './wills.ts';

export interface ConnectingDeps extends Omit<ReauthenticatingDeps, 'authorizer'> {
  readonly engine: Pick<
    GuardedAedes,
    'clients' | 'connected' | 'closed' | 'registerClient' | 'clampSessionExpiry' | 'makeWay'
  >;
  readonly reader: PacketReader;
  readonly sessions: Sessions;
  readonly ends: Pick<SessionEnds, 'end'>;
  readonly store: Pick<Store, 'putWill' | 'takeWill'>;
  readonly turns: ConnectTurns;
  readonly questions: ConnectQuestions;
  readonly authenticator: Pick<Authenticator, 'whyNot'>;
  readonly authorizer: Pick<Authorizer, 'publish' | 'receive'>;
  readonly denials: Denials;
  readonly takeOvers: TakeOvers;
  readonly events: Events;
  readonly failed: (error: unknown) => void;
}

/**
 * Works on the CONNECT of a client, in place of the engine: that one reads it again, starts timers and streams, and sends a
 * CONNACK that says too little. [MQTT-3.1.4-1] to [MQTT-3.1.4-6]
 */
export async function connectClient(client: EngineSession, frame: Buffer, deps: ConnectingDeps): Promise<void> {
  await Promise.resolve(); // the edge is through with the packet
  if (client.isClosed) return;
  const { clientId, sessionExpirySeconds } = client.edge.connect;
  client.id = clientId === '' ? `auto-${randomUUID()}` : clientId; // [MQTT-3.1.3-6]
  client.expirySeconds = deps.engine.clampSessionExpiry(sessionExpirySeconds);
  try {
    if (await isAdmitted(client, frame, deps)) await begin(client, frame, deps);
  } finally {
    client.leaveTurn();
  }
}

async function isAdmitted(client: EngineSession, frame: Buffer, deps: ConnectingDeps): Promise<boolean> {
  try {
    return await admit(client, frame, deps);
  } catch (cause) {
    client.refused(reasonCodes.serverUnavailable, `the session store does not answer: ${messageOf(cause)}`);
    return false;
  }
}

function tooLong(clientId: string, most: number): ConnectVerdict | undefined {
  const bytes = Buffer.byteLength(clientId);
  if (bytes <= most) return undefined;
  const reason = `the client id has ${bytes} bytes; limits.clientIdLength allows ${most}`;
  return { kind: 'reject', code: 'client-id', reason };
}

/** Whoever takes the place of its own connection makes none more. */
function tooMany(
  clientId: string,
  most: number | undefined,
  { clients, connected }: Pick<ConnectingDeps['engine'], 'clients' | 'connected'>,
): ConnectVerdict | undefined {
  if (most === undefined || connected.count < most || clients[clientId] !== undefined) return undefined;
  const reason = `${connected.count} clients are connected; limits.connections.total allows ${most}`;
  return { kind: 'reject', code: 'busy', reason };
}

const rejections: Readonly<Record<RejectionCode, number>> = {
  'client-id': reasonCodes.clientIdentifierNotValid,
  'bad-credentials': reasonCodes.badUserNameOrPassword,
  'not-authorized': reasonCodes.notAuthorized,
  banned: reasonCodes.banned,
  method: reasonCodes.badAuthenticationMethod,
  busy: reasonCodes.quotaExceeded,
  unavailable: reasonCodes.serverUnavailable,
};

/** @returns false when it was refused, or is gone */
async function admit(client: EngineSession, frame: Buffer, deps: ConnectingDeps): Promise<boolean> {
  const { questions, sessions, turns, takeOvers, engine, events } = deps;
  const { id: clientId, edge } = client;
  const { connect, limits } = edge;
  const answer =
    tooLong(clientId, limits.clientIdLength) ??
    tooMany(clientId, limits.connections.total, engine) ??
    questions.ask(requestOf(client, frame), (giveUp) => client.waits(giveUp));
  const verdict = answer instanceof Promise ? await answer : answer; // known at once, it costs no turn of the loop
  if (verdict === undefined) return false;
  if (verdict.kind === 'reject') {
    client.refused(rejections[verdict.code ?? 'not-authorized'], verdict.reason);
    return false;
  }
  const accepted = verdict.kind === 'overtaken' ? undefined : verdict;
  const authorized = accepted && authorizedAs(client, accepted);
  const taken = accepted && turns.take(clientId, () => ownerOf(accepted));
  const leave = taken instanceof Promise ? await taken : taken;
  if (accepted === undefined || authorized === undefined || leave === undefined) {
    client.refused(
      reasonCodes.sessionTakenOver,
      `a newer connection with the client id "${clientId}" came before this one was accepted`,
    );
    return false;
  }
  client.tookTurn(leave);
  if (client.isClosed) return false;
  const current = engine.clients[clientId];
  const owner = current?.owner ?? (await sessions.find(clientId)); // a clean session stands in no store
  if (client.isClosed) return false;
  if (owner !== undefined && !isSame(owner, authorized)) {
    client.refused(reasonCodes.notAuthorized, `client id "${clientId}" has ${whose(owner, authorized)}`);
    return false;
  }
  const mayLeave = mayLeaveWill(client, authorized, deps); // before it takes over
  if (!(mayLeave instanceof Promise ? await mayLeave : mayLeave) || client.isClosed) return false;
  if (!admitUser(client, accepted, engine.connected, events)) return false;
  if (current !== undefined) await takeOvers.begin(client, current);
  if (client.isClosed) return false;
  const { isCleanStart } = connect;
  const gone = engine.makeWay(clientId, isCleanStart);
  if (gone !== undefined) await gone;
  if (isCleanStart && (current === undefined ? owner !== undefined : current.isKept && (await sessions.find(clientId))))
    sessions.ended(clientId, 'clean-start');
  // what ended with the connection that made way is gone
  const isResumed = !isCleanStart && (await sessions.find(clientId)) !== undefined;
  if (client.isClosed) return false;
  client.admitted(authorized, isResumed, accepted);
  return true;
}

function requestOf({ id: clientId, edge }: EngineSession, frame: Buffer): AuthenticationRequest {
  const { peer, connect } = edge;
  const request = { peer, clientId, connect, password: passwordOf(frame, connect) };
  if (connect.authenticationMethod === undefined) return request;
  return { ...request, exchange: edge.authentication?.begin(authenticationDataOf(frame)) };
}

const authorizedAs = (
  { id: clientId, edge: { peer } }: EngineSession,
  { principal, trust, attributes }: Acceptance,
): AuthorizedClient => ({ clientId, principal, trust, attributes, peer });

/** The will that it may not publish it cannot leave behind either. */
function mayLeaveWill(
  client: EngineSession,
  authorized: AuthorizedClient,
  { authorizer, denials }: ConnectingDeps,
): boolean | Promise<boolean> {
  const { will } = client.edge.connect;
  if (will === undefined) return true;
  const judged = (denial: AccessDenial | undefined): boolean => {
    if (denial === undefined) return true;
    const { reason, isTemporary } = denial;
    denials.tell('will', authorized, will.topic, reason);
    const reasonCode = isTemporary ? reasonCodes.serverUnavailable : reasonCodes.notAuthorized;
    const denied = `the will is denied: ${reason}`; // what it may not publish it hears of a PUBLISH too
    client.refused(reasonCode, denied, isTemporary ? undefined : denied);
    return false;
  };
  const denial = denialOf(authorizer.publish(authorized, will));
  return denial instanceof Promise ? denial.then(judged) : judged(denial);
}

/** Ends what was before, where the client wants to begin anew, and makes it known. */
async function begin(client: EngineSession, frame: Buffer, deps: ConnectingDeps): Promise<void> {
  const { engine, ends, store, sessions, authenticator, failed } = deps;
  const { id, edge } = client;
  try {
    if (edge.connect.isCleanStart) await ends.end(id); // [MQTT-3.1.2-4]
    const will = willOf(frame, edge.connect, deps.reader);
    client.will = will;
    const forgotten = store.takeWill(id);
    await (will === undefined ? forgotten : Promise.all([forgotten, store.putWill({ ...will, clientId: id })]));
  } catch (cause) {
    client.refused(refusalCode(cause), `CONNECT failed: ${messageOf(cause)}`);
    return;
  }
  if (client.isClosed || engine.closed) {
    store.takeWill(id).catch(failed);
    return;
  }
  const banned = whyNotHere(client, authenticator);
  if (banned !== undefined) {
    client.refused(reasonCodes.banned, banned);
    store.takeWill(id).catch(failed);
    return;
  }
  engine.registerClient(client);
  await client.registered(sessions);
}

/** Why a client that was accepted may not be here any more; undefined where it may, and of one that was not accepted yet. */
export const whyNotHere = (
  { authorized, edge }: Pick<EngineSession, 'authorized' | 'edge'>,
  authenticator: Pick<Authenticator, 'whyNot'>,
): string | undefined => authorized && authenticator.whyNot?.(authorized, edge.connect.username);

type Owner = Pick<StoredSession, 'principal' | 'trust'>;

const isSame = (owner: Owner, { principal, trust }: Owner): boolean =>
  owner.principal === principal && (owner.trust === undefined || owner.trust === trust);

const whose = (owner: Owner, { principal, trust }: Owner): string =>
  owner.principal === principal
    ? `a session of the same name under another trust, "${owner.trust}" and not "${trust}"; choose another client id, or give both listeners the same \`trust\``
    : `a session of another principal, "${owner.principal}"; choose another client id`;
