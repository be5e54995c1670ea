import type { Message, Origin } from '../../plane/message.ts';
import { type StoredProperties, toStoredProperties } from '../stored-properties.ts';
import type { EnginePacket } from './engine-types.ts';

/** The engine copies packets but keeps their properties object: that carries the origin through. */
const origins = new WeakMap<StoredProperties, Origin>();

export function toEnginePacket(message: Message): EnginePacket {
  const properties = toStoredProperties(message.properties);
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

/** Lets a packet say by which connection it came, which the engine does not keep. */
export function rememberOrigin(packet: EnginePacket, origin: Origin): void {
  packet.properties ??= {};
  origins.set(packet.properties, origin);
}

export function originOf(packet: {
  readonly properties?: StoredProperties | undefined;
  readonly clientId?: string | undefined;
}): Origin {
  const known = packet.properties === undefined ? undefined : origins.get(packet.properties);
  if (known !== undefined) return known;
  return packet.clientId === undefined ? { kind: 'broker' } : { kind: 'client', clientId: packet.clientId };
}
