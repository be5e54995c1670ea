import type { Plane } from '../../plane/plane.ts';
import { TopicIndex } from '../../plane/topic-index.ts';
import { StoredMessage } from '../publish/stored-message.ts';
import { originOf } from './engine-packet.ts';
import type { QueueDecision } from './engine-store.ts';
import type { Done, EngineListener, EnginePacket, EngineQueue } from './engine-types.ts';

export interface PlaneQueueDeps {
  readonly plane: Plane;
  /** What was decided about a message when it was queued; undefined where it was not. */
  readonly decisionOf: (packet: EnginePacket) => QueueDecision | undefined;
  /** To how many a message of a client went. */
  readonly routed: (clientId: string, count: number) => void;
}

const ignore: Done = () => undefined;

/**
 * The plane as the engine's queue: the engine hands every message over and the plane decides who gets it.
 * It has no listeners but its own (its `$SYS` housekeeping), which are kept apart, so that clients never see that traffic.
 */
export function createPlaneQueue({ plane, decisionOf, routed }: PlaneQueueDeps): EngineQueue {
  const internal = new TopicIndex<EngineListener>();
  const queue: EngineQueue = {
    on(filter, listener, done) {
      internal.add(filter, listener);
      if (done !== undefined) process.nextTick(done);
      return queue;
    },
    removeListener(filter, listener, done) {
      internal.remove(filter, listener);
      if (done !== undefined) process.nextTick(done);
      return queue;
    },
    emit(packet, done = ignore) {
      if (isHousekeeping(packet)) internal.match(packet.topic, (listener) => listener(packet, ignore));
      else {
        const decision = decisionOf(packet);
        const count = plane.route(new StoredMessage(packet, originOf(packet), decision?.held), decision?.choice);
        if (packet.clientId !== undefined) routed(packet.clientId, Math.max(count, decision?.queued ?? 0));
      }
      done();
      return queue;
    },
    close(done) {
      if (done !== undefined) process.nextTick(done);
      return queue;
    },
  };
  return queue;
}

/** What the broker tells of itself stands below this; what the engine tells, below the id of the node. */
const ownTopics = '$SYS/broker/';

const isHousekeeping = ({ clientId, topic }: EnginePacket): boolean =>
  clientId === undefined && topic.startsWith('$SYS/') && !topic.startsWith(ownTopics);
