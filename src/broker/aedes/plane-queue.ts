import type { Plane, Subscription } from '../../plane/plane.ts';
import { TopicIndex } from '../../plane/topic-index.ts';
import type { Done, EngineListener, EnginePacket, EngineQueue } from './engine-types.ts';
import { originOf, PacketMessage } from './packet-message.ts';

const ignore: Done = () => undefined;

/**
 * The plane as the engine's queue: the engine hands every message over and the plane decides who gets it.
 * Listeners of the engine itself (its `$SYS` housekeeping) are kept apart, so that clients never see that traffic.
 */
export function createPlaneQueue(
  plane: Plane,
  subscriptionOf: (listener: EngineListener) => Subscription | undefined,
): EngineQueue {
  const internal = new TopicIndex<EngineListener>();
  const queue: EngineQueue = {
    on(filter, listener, done) {
      const subscription = subscriptionOf(listener);
      if (subscription === undefined) internal.add(filter, listener);
      else plane.subscribe(subscription);
      if (done !== undefined) process.nextTick(done);
      return queue;
    },
    removeListener(filter, listener, done) {
      const subscription = subscriptionOf(listener);
      if (subscription === undefined) internal.remove(filter, listener);
      else plane.unsubscribe(subscription);
      if (done !== undefined) process.nextTick(done);
      return queue;
    },
    emit(packet, done = ignore) {
      if (isHousekeeping(packet)) internal.match(packet.topic, (listener) => listener(packet, ignore));
      else plane.route(new PacketMessage(packet, originOf(packet)));
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

const isHousekeeping = (packet: EnginePacket): boolean =>
  packet.clientId === undefined && packet.topic.startsWith('$SYS/');
