import { ConnectionError } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { PublishHeader } from '../../mqtt/publish.ts';
import type { Refusal } from '../../mqtt/refusal.ts';
import { isLongerThan } from '../../mqtt/topic.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { ClientOrigin, Message } from '../../plane/message.ts';
import type { Plane, SharedChoice } from '../../plane/plane.ts';
import type { PlaneOptions } from '../../plane/schema.ts';
import { publishRefused } from '../events.ts';
import type { AuthorizedClient, Authorizer, Sending } from '../ports.ts';
import { type TopicLimits, topicTooLong } from '../reserved-topics.ts';
import type { Exchange, MatchedSubscription, SessionStore } from '../session-store.ts';
import { type Admit, admitted, atOnce } from './admission.ts';
import { notAuthorized, PublishAuthorization } from './authorization.ts';
import type { Gates } from './gates.ts';
import type { QueueKeys } from './queue-keys.ts';
import { queueTargets } from './queue-targets.ts';
import { QueuedPublish } from './queued-publish.ts';
import { RawPublish } from './raw-publish.ts';
import { storedPacket } from './stored-packet.ts';

/**
 * To how many a message went; a promise of it is kept when the message is wherever it must be kept, and broken where it
 * cannot be, so that nobody has it.
 */
export type Outcome = number | Promise<number>;

/** What of one publisher is under way. The promises are kept in any case. */
export interface UnderWay {
  /** All that gates have held was given to the store, or refused. */
  handed: Promise<unknown> | undefined;
  /** All was routed, or refused. */
  routed: Promise<unknown> | undefined;
}

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
  /** @param limits of its connection */
  sourceOf(client: AuthorizedClient, limits: TopicLimits): Source;
  /**
   * Takes the PUBLISH of a client.
   * @param exchange its QoS 2 exchange, where it outlives the connection: opened with the message, both or none
   */
  take(
    frame: Buffer,
    header: PublishHeader,
    version: ProtocolVersion,
    source: Source,
    exchange?: Exchange,
  ): Outcome | Refusal;
  /** Publishes the will of a client that is gone, if it may. */
  publishWill(will: Message, client: AuthorizedClient): Promise<void>;
  /** Publishes a message of the broker itself, or of a bridge. @throws ConnectionError topic-too-long */
  publish(message: Message): Promise<void>;
  /** See `MessagePort.publishKept`. */
  publishKept(message: Message): Promise<void>;
}

export interface PublisherDeps {
  readonly plane: Plane;
  readonly store: SessionStore;
  readonly gates: Gates;
  readonly keys: QueueKeys;
  readonly now: () => number;
  readonly isEnding: (clientId: string) => boolean;
  readonly admit: Admit;
  /** False of a client that is connected and may not. */
  readonly mayReceive: (clientId: string, topic: string) => boolean;
  readonly authorizer: Authorizer;
  /** Bytes that a topic may have. */
  readonly topicLength: () => number;
  readonly events: Events;
}

/** Its publisher hears nothing of it. */
const unheard: Sending = { packetId: undefined, isDuplicate: false, canRefuse: false };
const idle = (): UnderWay => ({ handed: undefined, routed: undefined });

export function createPublisher({ hotPath }: PlaneOptions): (deps: PublisherDeps) => Publisher {
  const messageOf = hotPath === 'on' ? (raw: RawPublish): Message => raw : decoded;
  return (deps) => {
    let generation = deps.authorizer.generation;
    const reconsider = (): void => {
      if (deps.authorizer.generation === generation) return;
      generation = deps.authorizer.generation;
      deps.plane.reconsider();
    };
    return {
      sourceOf: (client, limits) => ({
        origin: {
          kind: 'client',
          clientId: client.clientId,
          ...(client.peer === undefined ? {} : { peer: client.peer }),
        },
        authorization: new PublishAuthorization(client, deps.authorizer, limits),
        acknowledged: idle(),
        unacknowledged: idle(),
      }),
      take(frame, header, version, source, exchange) {
        reconsider();
        const refusal = source.authorization.refusalOf(header);
        if (refusal !== undefined) return refused(deps, refusal);
        const message = messageOf(new RawPublish(frame, header, version, source.origin));
        const { acknowledged, unacknowledged } = source;
        if (header.qos === 0) return follow(unacknowledged, passOn(deps, message, unacknowledged, undefined));
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
        const reason = deps.authorizer.publish(client, { topic, qos, isRetained: retain });
        if (reason === undefined) await publish(deps, will);
        else refused(deps, notAuthorized(reason));
      },
      async publish(message) {
        reconsider();
        checkTopic(deps, message);
        await publish(deps, message);
      },
      async publishKept(message) {
        reconsider();
        checkTopic(deps, message);
        const held: Promise<void>[] = [];
        await publish(deps, message, held);
        await Promise.all(held);
      },
    };
  };
}

function checkTopic(deps: PublisherDeps, { topic }: Message): void {
  const topicLength = deps.topicLength();
  if (isLongerThan(topic, topicLength))
    throw new ConnectionError('topic-too-long', topicTooLong(topic, topicLength).message);
}

function refused({ events }: PublisherDeps, refusal: Refusal): Refusal {
  const { reasonCode, message } = refusal;
  events.emit(publishRefused, { reasonCode, reason: message });
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

/** What comes after it is routed after it. */
function follow(underWay: UnderWay, outcome: Outcome): Outcome {
  if (typeof outcome === 'number') return outcome;
  const before = underWay.routed;
  const over = (): undefined => {
    if (underWay.routed === routed) underWay.routed = undefined;
    return undefined;
  };
  const through = (): Promise<unknown> | undefined => (before === undefined ? over() : before.then(over));
  const routed: Promise<unknown> = outcome.then(through, through);
  underWay.routed = routed;
  return outcome;
}

/** Gates have it as well, and nobody waits for them: they tell of what they cannot take. */
function publish(deps: PublisherDeps, message: Message, held?: Promise<void>[]): Outcome {
  if (message.qos > 0) deps.gates.pass(message, unheard)?.catch(() => undefined);
  return passOn(deps, message, idle(), undefined, held);
}

/**
 * What comes after the gates. Where nothing has to be kept and nothing is under way, it is routed at once.
 * @param held filled with what waits for slow clients, for a sender that waits for that too
 */
function passOn(
  deps: PublisherDeps,
  message: Message,
  before: UnderWay,
  exchange: Exchange | undefined,
  held?: Promise<void>[],
): Outcome {
  const subscribers = message.qos === 0 ? nobody : deps.store.subscribersOf(message.topic);
  return subscribers.length > 0 || exchange !== undefined || message.retain
    ? keep(deps, subscribers, message, before, exchange, held)
    : route(deps, message, before);
}

const nobody: readonly MatchedSubscription[] = [];

/**
 * Nobody gets what a gate has not taken: its publisher is refused, and sends it again. It is given to the store in its
 * turn [MQTT-4.6.0-5] without waiting until it has kept what went before, so that many are kept in one go.
 */
function passOnInTurn(
  deps: PublisherDeps,
  passed: Promise<unknown> | undefined,
  message: Message,
  underWay: UnderWay,
  exchange: Exchange | undefined,
): Promise<number> {
  const { handed: before, routed } = underWay;
  const hand = async (): Promise<{ readonly kept: Outcome }> => {
    await Promise.all([passed, before]);
    const subscribers = deps.store.subscribersOf(message.topic);
    return { kept: keep(deps, subscribers, message, { handed: undefined, routed }, exchange) };
  };
  const handing = hand();
  const handed = Promise.allSettled([before, handing]).finally(() => {
    if (underWay.handed === handed) underWay.handed = undefined;
  });
  underWay.handed = handed;
  return handing.then(({ kept }) => kept);
}

/**
 * Retained, in the queues, and its exchange open: all or nothing, before it is routed. So nobody gets what its publisher
 * is refused, what a client answers is always about something the queues have, and whoever subscribes meanwhile misses
 * nothing.
 */
function keep(
  deps: PublisherDeps,
  subscribers: readonly MatchedSubscription[],
  message: Message,
  before: UnderWay,
  exchange: Exchange | undefined,
  held?: Promise<void>[],
): Outcome {
  const { plane, store, keys, now, isEnding, admit } = deps;
  const { origin, retain: isRetained } = message;
  const choice = plane.choose(message.topic);
  const key = keys.next();
  const publisher = origin.kind === 'client' ? origin.clientId : undefined;
  const wanted = queueTargets(subscribers, choice, publisher, key.brokerCounter, isEnding);
  const all = allowed(deps, wanted, message.topic);
  const isKept = isRetained || exchange !== undefined;
  if (all.length === 0 && !isKept) return route(deps, message, before, choice);
  const packet = storedPacket(message, key, now());
  const { targets, heldFor, settled } = origin.kind === 'bridge' ? admitted(all, packet, admit, held) : atOnce(all);
  const queued = all.length === 0 ? message : named(message, key, heldFor);
  if (targets.length === 0 && !isKept) return Math.max(plane.route(queued, choice), all.length);
  const stored = store.keep(packet, targets, isKept ? { isRetained, exchange } : undefined);
  const kept = settled === undefined ? stored : stored.finally(settled);
  const { routed } = before;
  const due = isRetained && routed !== undefined ? kept.then(() => routed) : kept; // order [MQTT-4.6.0-5]
  return due.then(() => Math.max(plane.route(queued, choice), all.length));
}

/** Of sessions that are away it is asked when they are back. */
const allowed = (
  { authorizer, mayReceive }: PublisherDeps,
  targets: readonly MatchedSubscription[],
  topic: string,
): readonly MatchedSubscription[] =>
  authorizer.receive === undefined ? targets : targets.filter(({ clientId }) => mayReceive(clientId, topic));

/** As it stands in the queues, without loss of its bytes where it has them. */
function named(
  message: Message,
  key: ReturnType<QueueKeys['next']>,
  heldFor: ReadonlySet<string> | undefined,
): Message {
  if (!(message instanceof RawPublish)) return new QueuedPublish(message, key, heldFor);
  message.queueKey = key;
  return message;
}

function route({ plane }: PublisherDeps, message: Message, { routed }: UnderWay, choice?: SharedChoice): Outcome {
  if (routed === undefined) return plane.route(message, choice);
  return routed.then(() => plane.route(message, choice)); // order [MQTT-4.6.0-5]
}
