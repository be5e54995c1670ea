import type { MessagePort } from '../../src/broker/ports.ts';
import { matches } from '../../src/mqtt/topic.ts';
import type { Message } from '../../src/plane/message.ts';

/** A broker without clients: what is published goes to the taps. */
export interface TestPort extends MessagePort {
  /** Everything published, in order. */
  readonly published: readonly Message[];
  readonly taps: number;
  /** The next message published from now on. */
  next(): Promise<Message>;
  /** A client's message. */
  send(topic: string, payload: string, more?: Partial<Message>): void;
}

export function messagePort(nodeId: string): TestPort {
  const taps = new Map<symbol, { readonly filter: string; readonly receive: (message: Message) => void }>();
  const published: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  const route = (message: Message) => {
    published.push(message);
    for (const resolve of waiting.splice(0)) resolve(message);
    for (const { filter, receive } of taps.values()) if (matches(filter, message.topic)) receive(message);
  };
  const publish = (message: Message): Promise<void> => {
    route(message);
    return Promise.resolve();
  };
  return {
    nodeId,
    published,
    get taps() {
      return taps.size;
    },
    tap(filter, receive) {
      const key = Symbol(filter);
      taps.set(key, { filter, receive });
      return () => void taps.delete(key);
    },
    watch: () => () => undefined,
    gate: () => () => undefined,
    publish,
    publishKept: publish,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    send(topic, payload, more = {}) {
      route({
        topic,
        payload: Buffer.from(payload),
        qos: 0,
        retain: false,
        origin: { kind: 'client', clientId: 'device' },
        ...more,
      });
    },
  };
}
