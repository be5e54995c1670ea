import type { Message, MessageProperties, Origin, Qos } from '../../plane/message.ts';
import type { EnginePacket, EngineProperties } from './engine-types.ts';
import { fromEngineProperties, toEngineProperties } from './properties.ts';

/** Identity of a message in the offline queues, given by the engine. */
export interface QueueKey {
  readonly brokerId: string | undefined;
  readonly brokerCounter: number | undefined;
}

/** A message on its way out of the engine; properties are converted only where somebody reads them. */
export class PacketMessage implements Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly origin: Origin;
  readonly queueKey: QueueKey;
  readonly #properties: EngineProperties | undefined;
  #converted: MessageProperties | undefined | null = null;

  constructor(packet: EnginePacket, origin: Origin) {
    this.topic = packet.topic;
    this.payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    this.qos = packet.qos;
    this.retain = packet.retain;
    this.origin = origin;
    this.queueKey = { brokerId: packet.brokerId, brokerCounter: packet.brokerCounter };
    this.#properties = packet.properties;
  }

  get properties(): MessageProperties | undefined {
    if (this.#converted === null) this.#converted = fromEngineProperties(this.#properties);
    return this.#converted;
  }
}

/** The engine copies packets but keeps their properties object: that carries the origin through. */
const origins = new WeakMap<EngineProperties, Origin>();

export function toEnginePacket(message: Message): EnginePacket {
  const properties = toEngineProperties(message.properties);
  origins.set(properties, message.origin);
  return {
    cmd: 'publish',
    topic: message.topic,
    payload: message.payload,
    qos: message.qos,
    retain: message.retain,
    properties,
  };
}

export function originOf(packet: EnginePacket): Origin {
  const known = packet.properties === undefined ? undefined : origins.get(packet.properties);
  if (known !== undefined) return known;
  return packet.clientId === undefined ? { kind: 'broker' } : { kind: 'client', clientId: packet.clientId };
}
