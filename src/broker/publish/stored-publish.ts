import type { Message, MessageProperties, Origin, Qos } from '../../plane/message.ts';
import type { QueueKey, StoredMessage } from '../store-port.ts';
import { fromStoredProperties, type StoredProperties } from '../stored-properties.ts';

/** A message as a store holds it; properties are converted only where somebody reads them. */
export class StoredPublish implements Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly origin: Origin;
  /** Under which identity it stands in the queues of persistent sessions. */
  readonly queueKey: QueueKey | undefined;
  readonly #properties: StoredProperties | undefined;
  #converted: MessageProperties | undefined | null = null;

  constructor(packet: StoredMessage, origin: Origin) {
    this.topic = packet.topic;
    this.payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    this.qos = packet.qos;
    this.retain = packet.retain;
    this.origin = origin;
    const { runId, counter } = packet;
    this.queueKey = runId == null || counter === undefined ? undefined : { runId, counter };
    this.#properties = packet.properties;
  }

  get properties(): MessageProperties | undefined {
    if (this.#converted === null) this.#converted = fromStoredProperties(this.#properties);
    return this.#converted;
  }
}
