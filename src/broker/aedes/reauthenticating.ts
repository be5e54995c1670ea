import { isDeepStrictEqual } from 'node:util';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Plane } from '../../plane/plane.ts';
import type { ConnectQuestions } from '../connect-questions.ts';
import type { AuthenticationExchange, AuthorizedClient, Authorizer, RejectionCode } from '../ports.ts';
import type { EngineSession } from './engine-session.ts';

export interface ReauthenticatingDeps {
  readonly questions: Pick<ConnectQuestions, 'askAgain'>;
  readonly authorizer: Pick<Authorizer, 'receive'>;
  readonly plane: Pick<Plane, 'reconsider'>;
}

/** Of those that DISCONNECT can have. [MQTT 5, 3.14.2.1] */
const rejections: Readonly<Record<RejectionCode, number>> = {
  'client-id': reasonCodes.notAuthorized,
  'bad-credentials': reasonCodes.notAuthorized,
  'not-authorized': reasonCodes.notAuthorized,
  banned: reasonCodes.notAuthorized,
  method: reasonCodes.notAuthorized,
  busy: reasonCodes.quotaExceeded,
  unavailable: reasonCodes.serverBusy,
};

/**
 * A client that is connected proves itself once more, as the same. What it may do is judged by what is known of it now;
 * where it fails, the connection ends. [MQTT-4.12.1-2]
 */
export async function reauthenticateClient(
  client: EngineSession,
  exchange: AuthenticationExchange,
  { questions, authorizer, plane }: ReauthenticatingDeps,
): Promise<void> {
  const { id: clientId, authorized: before, edge } = client;
  const { peer, connect } = edge;
  if (before === undefined) return;
  const request = { peer, clientId, connect, password: undefined, exchange };
  const verdict = await questions.askAgain(request, (giveUp) => client.waits(giveUp));
  if (verdict === undefined || client.isClosed) return;
  if (verdict.kind === 'reject') {
    const { code = 'not-authorized', reason } = verdict;
    client.refused(rejections[code], `re-authentication failed: ${reason}`);
    return;
  }
  const { principal, trust, attributes, expiresAtMs, data } = verdict;
  if (principal !== before.principal || trust !== before.trust) {
    client.refused(
      reasonCodes.notAuthorized,
      `re-authentication failed: it was "${before.principal}", and proves now to be "${principal}"; another client connects anew`,
    );
    return;
  }
  const isSame = isDeepStrictEqual(attributes, before.attributes);
  const now: AuthorizedClient = isSame ? before : { ...before, attributes };
  client.reauthenticated(now);
  edge.reauthenticated(now, expiresAtMs, data);
  if (isSame) return;
  if (authorizer.receive !== undefined) plane.reconsider();
  await client.reconsider();
}
