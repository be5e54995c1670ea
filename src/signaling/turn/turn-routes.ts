import { everyone } from '../../http/router/access.ts';
import { type Answer, json, sentence } from '../../http/router/answer.ts';
import { type Route, type RouteRequest, route } from '../../http/router/route.ts';
import { isLoopback } from '../../kernel/address.ts';
import type { Clock } from '../../kernel/clock.ts';
import { minuteMs } from '../../kernel/duration.ts';
import { siteOf } from '../../kernel/networks.ts';
import type { SecretReference } from '../../kernel/schema.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { tokenBuckets } from '../../kernel/token-buckets.ts';
import { type TurnResult, turnCredentialsAsked, turnKeyRefused } from './events.ts';
import { createTurnCredentials } from './turn-credentials.ts';
import { createKeyCheck } from './turn-keys.ts';
import type { TurnOptions } from './turn-schema.ts';

export interface TurnDeps {
  readonly secretOf: (reference: SecretReference) => string;
  readonly clock: Clock;
  readonly events: Events;
}

/** More addresses are not remembered; the one that was quiet the longest is forgotten first. */
const maxAddresses = 65_536;
/** In bytes; TURN allows 508 for all of a user name (RFC 8489 14.3). */
const longestUser = 256;
/** The parameters once more, as Janus sends them. */
const maxBodyBytes = 4_096;

/**
 * `/turn/credentials?service=turn&username=U&key=K` of the TURN REST draft, by GET and POST; `api` stands for `key` too. The
 * parameters of a POST may stand in its body, where no log of a proxy has them.
 * @param options undefined: there are no TURN servers
 */
export function turnRoutes(options: TurnOptions | undefined, deps: TurnDeps): readonly Route[] {
  const answer = options === undefined ? unconfigured(deps) : answering(options, deps);
  return [
    route('GET', '/turn/credentials', { access: everyone, handle: answer }),
    route('POST', '/turn/credentials', { access: everyone, body: { maxBytes: maxBodyBytes }, handle: answer }),
  ];
}

type AnswerTurn = (request: RouteRequest) => Answer;

const unconfigured =
  ({ events }: TurnDeps): AnswerTurn =>
  (request) => {
    events.emit(turnCredentialsAsked, { result: 'unconfigured', peer: request.peer.address });
    return sentence(request, 404, 'No TURN servers are configured here; name them in signaling.turn.');
  };

function answering(options: TurnOptions, { secretOf, clock, events }: TurnDeps): AnswerTurn {
  const { uris, lifetime: lifetimeMs, requestsPerMinute, wrongKeysPerMinute } = options;
  const secrets = options.secrets.map(({ secret, from }) => ({
    text: secretOf(secret),
    fromMs: from === undefined ? undefined : Date.parse(from),
  }));
  const credentialsFor = createTurnCredentials({ uris, secrets, lifetimeMs }, clock);
  const isKey = createKeyCheck(options.keys.map(secretOf));
  const perMinute = (burst: number) => tokenBuckets({ burst, fillMs: minuteMs, maxKeys: maxAddresses }, clock);
  const requests = perMinute(requestsPerMinute);
  const wrongKeys = perMinute(wrongKeysPerMinute);

  return (request) => {
    const { address } = request.peer;
    const told = (result: TurnResult): void => events.emit(turnCredentialsAsked, { result, peer: address });
    const no = (result: TurnResult, status: number, error: string): Answer => {
      told(result);
      return sentence(request, status, error);
    };
    const tooMany = (allowed: number): Answer => {
      told('limited');
      const seconds = String(Math.ceil(60 / allowed));
      return sentence(request, 429, 'Too many requests from this address; wait.', { 'Retry-After': seconds });
    };

    if (!isPrivate(request)) return no('insecure', 403, 'Credentials are given over https only; connect with TLS.');
    const site = siteOf(address);
    if (!requests.take(site)) return tooMany(requestsPerMinute);
    const { service, key, user } = askedFor(request);
    if (service !== 'turn') return no('malformed', 400, 'The service is not given, or unknown; write service=turn.');
    if (key === '') return no('malformed', 400, 'There is no key; write key=K with one of signaling.turn.keys.');
    if (!isKey(key)) {
      if (!wrongKeys.take(site)) return tooMany(wrongKeysPerMinute);
      events.emit(turnKeyRefused, { peer: address });
      return no('refused', 403, 'The key is wrong.');
    }
    if (Buffer.byteLength(user) > longestUser || /\p{Cc}/u.test(user))
      return no('malformed', 400, `The username may have ${longestUser} bytes, and no control characters.`);
    told('given');
    return json(credentialsFor(user === '' ? undefined : user));
  };
}

function askedFor({ query, body }: RouteRequest) {
  const parameters = query.has('service') ? query : new URLSearchParams(body.toString());
  return {
    service: parameters.get('service'),
    key: parameters.get('key') ?? parameters.get('api') ?? '',
    user: parameters.get('username') ?? '',
  };
}

/** Nobody on the way reads the answer: it goes by TLS, stays on this machine, or goes to a proxy that the listener trusts. */
const isPrivate = ({ peer }: RouteRequest): boolean =>
  peer.protocol === 'https' || peer.via !== undefined || isLoopback(peer.address);
