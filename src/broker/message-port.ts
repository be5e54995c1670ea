import type { Message } from '../plane/message.ts';
import type { Plane, Subscription } from '../plane/plane.ts';
import type { MessagePort } from './ports.ts';
import type { Gates } from './publish/gates.ts';
import type { Publisher } from './publish/publisher.ts';

export interface MessagePortDeps {
  readonly nodeId: string;
  readonly plane: Plane;
  readonly gates: Gates;
  readonly publisher: Publisher;
}

/** The broker as bridges and other parts of the program see it. */
export const messagePort = ({ nodeId, plane, gates, publisher }: MessagePortDeps): MessagePort => ({
  nodeId,
  tap(filter, receive, mayReceive) {
    const subscription = tapOf(filter, receive, mayReceive);
    plane.subscribe(subscription);
    return () => plane.unsubscribe(subscription);
  },
  watch: (filter, watcher) => plane.watch(filter, watcher),
  gate: (filter, gate) => gates.add(filter, gate),
  publish: (message) => publisher.publish(message),
  publishKept: (message) => publisher.publishKept(message),
});

const tapOf = (
  filter: string,
  receive: (message: Message) => void,
  mayReceive?: (topic: string) => boolean,
): Subscription => ({
  filter,
  subscriber: {
    clientId: undefined,
    deliver: (message) => receive(message),
    ...(mayReceive === undefined ? {} : { mayReceive }),
  },
  qos: 2,
  noLocal: false,
  retainAsPublished: true,
  identifier: undefined,
});
