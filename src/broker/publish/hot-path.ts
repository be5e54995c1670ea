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

/** Routes a PUBLISH without the engine. */
export interface HotPath {
  /** @param before what the same client sent before at QoS 1 and is not routed yet */
  take(
    frame: Buffer,
    header: PublishHeader,
    version: ProtocolVersion,
    origin: ClientOrigin,
    before: Promise<unknown> | undefined,
  ): HotOutcome;
}

export interface HotPathDeps {
  readonly plane: Plane;
  readonly store: SessionStore;
  readonly gates: Gates;
  readonly keys: QueueKeys;
  readonly now: () => number;
}

const closed: HotPath = { take: () => undefined };

export function createHotPath({ hotPath }: PlaneOptions): (deps: HotPathDeps) => HotPath {
  if (hotPath === 'off') return () => closed;
  return (deps) => ({
    take(frame, header, version, origin, before) {
      if (needsEngine(header)) return undefined;
      if (header.qos === 1) {
        const passed = deps.gates.isEmpty ? undefined : pass(deps, frame, header, version, origin);
        if (passed !== undefined) return gated(deps, passed, frame, header, version, origin, before);
        const subscribers = deps.store.subscribersOf(header.topic);
        // to be retained and queued: the engine does one after the other, so that no queue has what is refused
        if (subscribers.length > 0)
          return header.isRetained ? undefined : queue(deps, subscribers, frame, header, version, origin);
        if (header.isRetained) return retain(deps, new RawPublish(frame, header, version, origin), before);
      }
      const message = new RawPublish(frame, header, version, origin);
      if (before === undefined || header.qos === 0) return deps.plane.route(message);
      return before.then(() => deps.plane.route(message)); // order [MQTT-4.6.0-5]
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
  return gates.pass(topic, () => new RawPublish(frame, header, version, origin), { packetId, isDuplicate });
};

/** Nobody gets what a gate has not taken: its publisher is refused, and sends it again. */
async function gated(
  deps: HotPathDeps,
  passed: Promise<unknown>,
  frame: Buffer,
  header: PublishHeader,
  version: ProtocolVersion,
  origin: ClientOrigin,
  before: Promise<unknown> | undefined,
): Promise<number> {
  await Promise.all([passed, before]); // order [MQTT-4.6.0-5]
  const { store, keys, now } = deps;
  if (header.isRetained)
    await store.storeRetained(storedPacket(new RawPublish(frame, header, version, origin), keys.next(), now()));
  return queue(deps, store.subscribersOf(header.topic), frame, header, version, origin);
}

/**
 * The queues have it before it is routed: nobody gets what its publisher is refused, and what a client answers is always
 * about something they have.
 */
function queue(
  { plane, store, keys, now }: HotPathDeps,
  subscribers: readonly MatchedSubscription[],
  frame: Buffer,
  header: PublishHeader,
  version: ProtocolVersion,
  origin: ClientOrigin,
): number | Promise<number> {
  const choice = plane.choose(header.topic);
  const key = keys.next();
  const targets = queueTargets(subscribers, choice, origin.clientId, key.brokerCounter);
  const message = new RawPublish(frame, header, version, origin, key);
  if (targets.length === 0) return plane.route(message, choice);
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
