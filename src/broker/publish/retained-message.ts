import type { Message, MessageProperties, Origin, Qos } from '../../plane/message.ts';
import type { StoredMessage } from '../store-port.ts';
import { fromStoredProperties } from '../stored-properties.ts';

const origin: Origin = { kind: 'broker' };

/** A retained message on its way to one new subscription; it stands in no queue yet. */
export class RetainedMessage implements Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain = true;
  readonly origin = origin;
  readonly #packet: StoredMessage;
  readonly #secondsLeft: number | undefined;

  /** @param secondsLeft of its life; undefined where it does not expire. [MQTT-3.3.2-6] */
  constructor(packet: StoredMessage, secondsLeft: number | undefined) {
    const { payload } = packet;
    this.topic = packet.topic;
    this.payload = typeof payload === 'string' ? Buffer.from(payload) : payload;
    this.qos = packet.qos;
    this.#packet = packet;
    this.#secondsLeft = secondsLeft;
  }

  get properties(): MessageProperties | undefined {
    const properties = fromStoredProperties(this.#packet.properties);
    const left = this.#secondsLeft;
    return left === undefined ? properties : { ...properties, messageExpiryInterval: left };
  }
}
