import { ConnectionError } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { PublishHeader } from '../../mqtt/publish.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Refusal } from '../../mqtt/refusal.ts';
import { isLongerThan } from '../../mqtt/topic.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { ClientOrigin, Message } from '../../plane/message.ts';
import type { PlaneOptions } from '../../plane/schema.ts';
import { denialOf } from '../access-verdict.ts';
import type { Denials } from '../denials.ts';
import { publishRefused } from '../events.ts';
import type { AuthorizedClient, Authorizer, Sending } from '../ports.ts';
import { type TopicLimits, topicTooLong } from '../reserved-topics.ts';
import type { Exchange } from '../store-port.ts';
import type { Traffic } from '../traffic.ts';
import { type Asked, PublishAuthorization } from './authorization.ts';
import type { Gates } from './gates.ts';
import { follow, idle, type PassedOn, type PassOnDeps, passOn, passOnInTurn, type UnderWay } from './pass-on.ts';
import { RawPublish } from './raw-publish.ts';

/** Who publishes over one connection. */
export interface Source {
  readonly origin: ClientOrigin;
  readonly authorization: PublishAuthorization;
  /** At QoS 1 and 2. QoS 0 waits for none of it. [MQTT-4.6.0-6] */
  readonly acknowledged: UnderWay;
  /** At QoS 0: what is retained. */
  readonly unacknowledged: UnderWay;
}

/** The one way of every message: authorize, gate, retain, choose, enqueue, route. Its sender acknowledges it. */
export interface Publisher {
  /** @param limits of its connection @param before the same connection, whose client was known by less, or by more */
  sourceOf(client: AuthorizedClient, limits: TopicLimits, before?: Source): Source;
  /**
   * Takes the PUBLISH of a client; or asks somebody first, and takes it when it is given again.
   * @param exchange its QoS 2 exchange, where it outlives the connection: opened with the message, both or none
   */
  take(
    frame: Buffer,
    header: PublishHeader,
    version: ProtocolVersion,
    source: Source,
    exchange?: Exchange,
  ): PassedOn | Refusal | Asked;
  /** Publishes the will of a client that is gone, if it may. */
  publishWill(will: Message, client: AuthorizedClient): Promise<void>;
  /** Publishes a message of the broker itself, or of a bridge. @throws ConnectionError topic-too-long */
  publish(message: Message): Promise<void>;
  /** See `MessagePort.publishKept`. */
  publishKept(message: Message): Promise<void>;
  /** Where rules have changed, who may receive a topic is asked anew. */
  reconsider(): void;
}

export interface PublisherDeps extends PassOnDeps {
  readonly gates: Gates;
  readonly authorizer: Authorizer;
  /** Bytes that a topic may have. */
  readonly topicLength: () => number;
  readonly events: Events;
  readonly denials: Denials;
  readonly traffic: Traffic;
}

/** Its publisher hears nothing of it. */
const unheard: Sending = { packetId: undefined, isDuplicate: false, canRefuse: false };

export function createPublisher({ hotPath }: PlaneOptions, deps: PublisherDeps): Publisher {
  const messageOf = hotPath === 'on' ? (raw: RawPublish): Message => raw : decoded;
  let generation = deps.authorizer.generation;
  /** @returns the generation of the rules that count */
  const reconsider = (): number => {
    const current = deps.authorizer.generation;
    if (current === generation) return generation;
    generation = current;
    deps.plane.reconsider();
    return generation;
  };
  return {
    sourceOf: (client, limits, before) => ({
      origin: {
        kind: 'client',
        clientId: client.clientId,
        ...(client.peer === undefined ? {} : { peer: client.peer }),
      },
      authorization: new PublishAuthorization(client, deps.authorizer, limits),
      acknowledged: before?.acknowledged ?? idle(),
      unacknowledged: before?.unacknowledged ?? idle(),
    }),
    take(frame, header, version, source, exchange) {
      const refusal = source.authorization.refusalOf(header, reconsider());
      if (refusal?.kind === 'asked') return refusal;
      deps.traffic.messagesReceived += 1; // not before: what was asked comes again
      deps.traffic.messageBytesReceived += frame.length;
      if (refusal !== undefined) return refused(deps, refusal, source.authorization.client, header.topic);
      const message = messageOf(new RawPublish(frame, header, version, source.origin));
      const { acknowledged, unacknowledged } = source;
      if (header.qos === 0) {
        if (!header.isRetained && unacknowledged.routed === undefined) return deps.plane.route(message);
        return follow(unacknowledged, passOn(deps, message, unacknowledged, undefined));
      }
      const passed = deps.gates.isEmpty ? undefined : deps.gates.pass(message, sendingOf(header, version));
      const outcome =
        passed === undefined && acknowledged.handed === undefined
          ? passOn(deps, message, acknowledged, exchange)
          : passOnInTurn(deps, passed, message, acknowledged, exchange);
      return follow(acknowledged, outcome);
    },
    async publishWill(will, client) {
      reconsider();
      const { topic, qos, retain } = will;
      const asked = denialOf(deps.authorizer.publish(client, { topic, qos, isRetained: retain }));
      const denial = asked instanceof Promise ? await asked : asked;
      // it was allowed at CONNECT, and whoever cannot say anything now does not take that back
      if (denial === undefined || denial.isTemporary) await publish(deps, will);
      else deps.denials.tell('will', client, topic, denial.reason);
    },
    async publish(message) {
      reconsider();
      checkTopic(deps, message);
      const outcome = publish(deps, message);
      if (typeof outcome !== 'number') await outcome;
    },
    async publishKept(message) {
      reconsider();
      checkTopic(deps, message);
      const held: Promise<void>[] = [];
      await publish(deps, message, held);
      await Promise.all(held);
    },
    reconsider,
  };
}

function checkTopic(deps: PublisherDeps, { topic }: Message): void {
  const topicLength = deps.topicLength();
  if (isLongerThan(topic, topicLength))
    throw new ConnectionError('topic-too-long', topicTooLong(topic, topicLength).message);
}

function refused(
  { events, denials }: PublisherDeps,
  refusal: Refusal,
  client: AuthorizedClient,
  topic: string,
): Refusal {
  const { reasonCode, message } = refusal;
  const isDenied = reasonCode === reasonCodes.notAuthorized || reasonCode === reasonCodes.implementationSpecificError;
  if (isDenied) denials.tell('publish', client, topic, message);
  else events.emit(publishRefused, { reasonCode, reason: message });
  return refusal;
}

/** A repetition at QoS 2 is recognised before. */
const sendingOf = ({ qos, packetId, isDuplicate }: PublishHeader, version: ProtocolVersion): Sending => ({
  packetId: qos === 1 ? packetId : undefined,
  isDuplicate: qos === 1 && isDuplicate,
  canRefuse: version === 5,
});

/** For `plane.hotPath: off`: nothing of the bytes that it came as is forwarded. */
function decoded({ topic, payload, qos, retain, properties, origin }: RawPublish): Message {
  return { topic, payload: Buffer.from(payload), qos, retain, properties, origin };
}

/** Gates have it as well, and nobody waits for them: they tell of what they cannot take. */
function publish(deps: PublisherDeps, message: Message, held?: Promise<void>[]): PassedOn {
  if (message.qos > 0) deps.gates.pass(message, unheard)?.catch(() => undefined);
  return passOn(deps, message, idle(), undefined, held);
}
