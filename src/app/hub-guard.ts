import { principalFault } from '../auth/principal.ts';
import type { HubAuthorizer } from '../auth/rules/hub-rules.ts';
import { hubListener } from '../auth/rules/rule-options.ts';
import { subjectToTopic } from '../bridge/mapping/codec.ts';
import type { CodecOptions } from '../bridge/mapping/codec-options.ts';
import { type Mapped, quote } from '../bridge/mapping/mapped.ts';
import { subjectToFilter } from '../bridge/mapping/subject-filter.ts';
import { Denials } from '../broker/denials.ts';
import { LimitedQuestions, type LimitedQuestionsDeps } from '../broker/limited-questions.ts';
import type {
  Acceptance,
  AuthenticationRequest,
  AuthenticationVerdict,
  Authenticator,
  AuthorizedClient,
} from '../broker/ports.ts';

import type { HubCredentials, HubGuard, HubPeer, HubRefusal, HubRights, HubVerdict } from '../hub/guard.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { TimerWheel } from '../kernel/timer-wheel.ts';

/** What the guard goes by, which is the same as for MQTT clients. */
export interface HubAccess {
  readonly authenticator: Authenticator;
  readonly authorizer: HubAuthorizer;
  readonly isBanned: (address: string) => boolean;
  readonly limits: LimitedQuestionsDeps['limits'];
}

export interface HubGuardDeps extends HubAccess {
  readonly events: Events;
  readonly clock: Clock;
}

/** How exactly `limits.authenticationTimeout` is kept. */
const tickMs = 100;

/** Asks about NATS clients who is asked about MQTT clients, and holds their subjects, as topics, against the same rules. */
export function hubGuard(codec: CodecOptions, deps: HubGuardDeps): HubGuard {
  const { authenticator, authorizer, isBanned, limits, events, clock } = deps;
  const questions = new LimitedQuestions({ limits, events, wheel: new TimerWheel(clock, { tickMs }) });
  const denials = new Denials({ events, now: () => clock.monotonic() });

  const rightsOf = (client: AuthorizedClient, username: string | undefined): HubRights => {
    const isDenied = (
      action: 'publish' | 'subscribe',
      asked: Mapped,
      subject: string,
      judge: (value: string) => string | undefined,
    ): boolean => {
      if (!authorizer.hasRules) return false;
      const reason =
        asked.kind === 'mapped'
          ? judge(asked.value)
          : `no rule can speak of the subject ${quote(subject)}: ${asked.message}`;
      if (reason !== undefined) denials.tell(action, client, subject, reason);
      return reason !== undefined;
    };
    const mayReceive = (subject: string): boolean => {
      const topic = subjectToTopic(subject, codec);
      return topic.kind === 'mapped' && authorizer.receive?.(client, topic.value) === undefined;
    };
    return {
      get isLimited() {
        return authorizer.hasRules;
      },
      mayPublish: (subject) =>
        !isDenied('publish', subjectToTopic(subject, codec), subject, (topic) => authorizer.publish(client, topic)),
      maySubscribe: (subject) =>
        !isDenied('subscribe', subjectToFilter(subject, codec), subject, (filter) =>
          authorizer.subscribe(client, filter),
        ),
      get mayReceive() {
        return authorizer.receive === undefined ? undefined : mayReceive;
      },
      whyNot: () => authenticator.whyNot?.(client, username),
    };
  };
  const verdictOf = (verdict: AuthenticationVerdict, request: AuthenticationRequest): HubVerdict => {
    if (verdict.kind !== 'accept') return refusalOf(verdict);
    const { expiresAtMs, principal } = verdict;
    const rights = rightsOf(clientOf(verdict, request), request.connect.username);
    return { kind: 'accept', user: principal, rights, expiresAtMs };
  };
  return {
    get generation() {
      return authorizer.generation;
    },
    isBanned,
    admit(peer, credentials, whenGone) {
      const fault = credentials.user === undefined ? undefined : principalFault(credentials.user);
      if (fault !== undefined) return refusalOf({ kind: 'abstain', reason: `its user name ${fault}` });
      const request = requestOf(peer, credentials);
      const answer = authenticator.authenticate(request);
      if (typeof answer !== 'function') return verdictOf(answer, request);
      const asked = questions.ask(request.peer, answer, whenGone);
      return asked.then((verdict) => verdict && verdictOf(verdict, request));
    },
  };
}

function refusalOf(verdict: Exclude<AuthenticationVerdict, Acceptance>): HubRefusal {
  const code = verdict.kind === 'reject' ? verdict.code : undefined;
  return {
    kind: 'reject',
    code: code === 'busy' || code === 'unavailable' ? 'unanswered' : 'not-authorized',
    reason: verdict.reason ?? 'not authorized: nobody knows who it is',
  };
}

const clientOf = (
  { principal, trust, attributes }: Acceptance,
  { peer, clientId }: AuthenticationRequest,
): AuthorizedClient => ({ clientId, principal, trust, attributes, peer });

/** As if it were an MQTT client that asks for nothing. */
function requestOf({ address, port, tls }: HubPeer, { user, secret, name }: HubCredentials): AuthenticationRequest {
  const clientId = principalFault(name) === undefined ? name : '';
  const password = secret === undefined ? undefined : Buffer.from(secret);
  return {
    peer: { listener: hubListener, protocol: 'nats', address, port, tls },
    clientId,
    password,
    connect: {
      version: 4,
      isBridge: false,
      clientId,
      isCleanStart: true,
      keepAliveSeconds: 0,
      username: user,
      passwordBytes: password?.length,
      will: undefined,
      sessionExpirySeconds: 0,
      receiveMaximum: 65_535,
      maximumPacketSize: undefined,
      topicAliasMaximum: 0,
      wantsProblemInformation: false,
      wantsResponseInformation: false,
      authenticationMethod: undefined,
      userProperties: [],
    },
  };
}
