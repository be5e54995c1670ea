import type { Message, MessageProperties, Origin, Qos } from '../../plane/message.ts';
import type { QueueKey } from '../store-port.ts';

/** A message that stands in queues of persistent sessions, on its way to their clients. */
export class QueuedPublish implements Message {
  readonly queueKey: QueueKey;
  readonly #message: Message;
  readonly #heldFor: ReadonlySet<string> | undefined;

  /** @param queueKey its identity in the queues. @param heldFor sessions whose queue has it later, by client id */
  constructor(message: Message, queueKey: QueueKey, heldFor: ReadonlySet<string> | undefined) {
    this.#message = message;
    this.queueKey = queueKey;
    this.#heldFor = heldFor;
  }

  get topic(): string {
    return this.#message.topic;
  }

  get payload(): Uint8Array {
    return this.#message.payload;
  }

  get qos(): Qos {
    return this.#message.qos;
  }

  get retain(): boolean {
    return this.#message.retain;
  }

  get origin(): Origin {
    return this.#message.origin;
  }

  get properties(): MessageProperties | undefined {
    return this.#message.properties;
  }

  /** It waits for room in the queue of this session. */
  isHeldFor(clientId: string): boolean {
    return this.#heldFor?.has(clientId) === true;
  }
}
