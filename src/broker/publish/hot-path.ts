import type { PublishHeader } from '../../mqtt/publish.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { ClientOrigin } from '../../plane/message.ts';
import type { Plane } from '../../plane/plane.ts';
import type { PlaneOptions } from '../../plane/schema.ts';
import type { MatchedSubscription, SessionStore } from '../session-store.ts';
import type { Gates } from './gates.ts';
import type { QueueKeys } from './queue-keys.ts';
import { queueTargets } from './queue-targets.ts';
import { RawPublish } from './raw-publish.ts';
import { storedPacket } from './stored-packet.ts';

/**
 * To how many the message goes. A promise is kept when the queues of persistent sessions have it, and broken when they
 * cannot take it; undefined says that the engine has to have the message, wholly.
 */
export type HotOutcome = number | Promise<number> | undefined;

/** Who publishes over one connection, and what of it at QoS 1 is under way; the promises are kept in any case. */
export interface Publisher {
  readonly origin: ClientOrigin;
  /** All that gates have held was given to the queues, or refused. */
  queued: Promise<unknown> | undefined;
  /** All was routed, or refused. */
  routed: Promise<unknown> | undefined;
}

/** Routes a PUBLISH without the engine. */
export interface HotPath {
  take(frame: Buffer, header: PublishHeader, version: ProtocolVersion, publisher: Publisher): HotOutcome;
}

export interface HotPathDeps {
  readonly plane: Plane;
  readonly store: SessionStore;
  readonly gates: Gates;
  readonly keys: QueueKeys;
  readonly now: () => number;
  readonly isEnding: (clientId: string) => boolean;
}

const closed: HotPath = { take: () => undefined };

export function createHotPath({ hotPath }: PlaneOptions): (deps: HotPathDeps) => HotPath {
  if (hotPath === 'off') return () => closed;
  return (deps) => ({
    take(frame, header, version, publisher) {
      const { origin, routed } = publisher;
      if (needsEngine(header)) return undefined;
      if (header.qos === 1) {
        const passed = deps.gates.isEmpty ? undefined : pass(deps, frame, header, version, origin);
        if (passed !== undefined) return gated(deps, passed, frame, header, version, publisher);
        const subscribers = deps.store.subscribersOf(header.topic);
        // to be retained and queued: the engine does one after the other, so that no queue has what is refused
        if (subscribers.length > 0)
          return header.isRetained ? undefined : queue(deps, subscribers, frame, header, version, publisher, routed);
        if (header.isRetained) return retain(deps, new RawPublish(frame, header, version, origin), routed);
      }
      const message = new RawPublish(frame, header, version, origin);
      if (routed === undefined || header.qos === 0) return deps.plane.route(message);
      return routed.then(() => deps.plane.route(message)); // order [MQTT-4.6.0-5]
    },
  });
}

const pass = (
  { gates }: HotPathDeps,
  frame: Buffer,
  header: PublishHeader,
  version: ProtocolVersion,
  origin: ClientOrigin,
): Promise<unknown> | undefined => {
  const { topic, packetId, isDuplicate } = header;
  return gates.pass(topic, () => new RawPublish(frame, header, version, origin), {
    packetId,
    isDuplicate,
    canRefuse: version === 5,
  });
};

/**
 * Nobody gets what a gate has not taken: its publisher is refused, and sends it again. It is given to the queues in its
 * turn [MQTT-4.6.0-5] without waiting until they have kept what went before, so that many are kept in one go.
 */
function gated(
  deps: HotPathDeps,
  passed: Promise<unknown>,
  frame: Buffer,
  header: PublishHeader,
  version: ProtocolVersion,
  publisher: Publisher,
): Promise<number> {
  const { store, keys, now } = deps;
  const { queued: before, routed } = publisher;
  const hand = async (): Promise<{ readonly kept: number | Promise<number> }> => {
    await Promise.all([passed, before]);
    if (header.isRetained) {
      const message = new RawPublish(frame, header, version, publisher.origin);
      await store.storeRetained(storedPacket(message, keys.next(), now()));
    }
    return { kept: queue(deps, store.subscribersOf(header.topic), frame, header, version, publisher, routed) };
  };
  const handed = hand();
  const queued = Promise.allSettled([before, handed]).finally(() => {
    if (publisher.queued === queued) publisher.queued = undefined;
  });
  publisher.queued = queued;
  return handed.then(({ kept }) => kept);
}

/**
 * The queues have it before it is routed: nobody gets what its publisher is refused, and what a client answers is always
 * about something they have.
 */
function queue(
  { plane, store, keys, now, isEnding }: HotPathDeps,
  subscribers: readonly MatchedSubscription[],
  frame: Buffer,
  header: PublishHeader,
  version: ProtocolVersion,
  { origin }: Publisher,
  before: Promise<unknown> | undefined,
): number | Promise<number> {
  const choice = plane.choose(header.topic);
  const key = keys.next();
  const targets = queueTargets(subscribers, choice, origin.clientId, key.brokerCounter, isEnding);
  const message = new RawPublish(frame, header, version, origin, key);
  if (targets.length === 0) {
    if (before === undefined) return plane.route(message, choice);
    return before.then(() => plane.route(message, choice)); // order [MQTT-4.6.0-5]
  }
  const stored = store.outgoingEnqueueCombi(targets, storedPacket(message, key, now()));
  return stored.then(() => Math.max(plane.route(message, choice), targets.length));
}

/** For a message that stands in no queue: kept first, so that whoever subscribes meanwhile misses nothing. */
async function retain(
  { plane, store, keys, now }: HotPathDeps,
  message: RawPublish,
  before: Promise<unknown> | undefined,
): Promise<number> {
  await store.storeRetained(storedPacket(message, keys.next(), now()));
  await before; // order [MQTT-4.6.0-5]
  return plane.route(message);
}

/** QoS 2 and what is retained without an acknowledgement are the engine's, and `$` topics are not everybody's. */
const needsEngine = ({ qos, isRetained, topic }: PublishHeader): boolean =>
  qos === 2 || (isRetained && qos === 0) || topic.charCodeAt(0) === 0x24;
