import type { StoredMessage } from '../broker/store-port.ts';
import type { StoredProperties } from '../broker/stored-properties.ts';

/** Share of a buffer that a kept slice must fill; below it the slice is copied. */
const minShare = 0.5;

/**
 * Bytes that can be kept for long. A payload is a slice of the chunk that was read from the socket, and keeping
 * a few bytes of it would keep all of the chunk.
 */
function detachBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength >= bytes.buffer.byteLength * minShare) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

/** Correlation Data is the property that is binary. */
function detachProperties(properties: object): object {
  if (!('correlationData' in properties) || !(properties.correlationData instanceof Uint8Array))
    return { ...properties };
  return { ...properties, correlationData: detachBytes(properties.correlationData) };
}

/** A copy that can be kept for long: what the engine does to its packet later does not reach it. */
export const detachPacket = (packet: StoredMessage): StoredMessage => ({
  ...packet,
  payload: typeof packet.payload === 'string' ? packet.payload : detachBytes(packet.payload),
  ...(packet.properties === undefined ? {} : { properties: detachProperties(packet.properties) }),
});

const textBytes = (text: string | undefined): number => (text === undefined ? 0 : Buffer.byteLength(text));

function propertyBytes({
  contentType,
  responseTopic,
  correlationData,
  userPropertyList,
  userProperties,
}: StoredProperties): number {
  let bytes = textBytes(contentType) + textBytes(responseTopic) + (correlationData?.length ?? 0);
  const pairs = userPropertyList ?? (userProperties === undefined ? [] : Object.entries(userProperties));
  for (const [key, value] of pairs)
    for (const one of typeof value === 'string' ? [value] : value) bytes += textBytes(key) + textBytes(one);
  return bytes;
}

/** Bytes of a message as limits and statistics count them: topic, payload and properties. */
export const bytesOf = ({ topic, payload, properties }: StoredMessage): number =>
  Buffer.byteLength(topic) + payload.length + (properties === undefined ? 0 : propertyBytes(properties));
