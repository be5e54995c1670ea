/**
 * The User Properties of a validated property section, in order and with repetitions. [MQTT-3.3.2-18]
 * @param start offset of the first property, after the property length.
 * @param end offset behind the last.
 */
export function readUserProperties(frame: Buffer, start: number, end: number): [string, string][] {
  const list: [string, string][] = [];
  let at = start;
  while (at < end) {
    const identifier = frame[at];
    at += 1;
    if (identifier !== 0x26) {
      at = skipValue(frame, identifier ?? 0, at);
      continue;
    }
    const keyEnd = at + 2 + frame.readUInt16BE(at);
    const valueEnd = keyEnd + 2 + frame.readUInt16BE(keyEnd);
    list.push([frame.toString('utf8', at + 2, keyEnd), frame.toString('utf8', keyEnd + 2, valueEnd)]);
    at = valueEnd;
  }
  return list;
}

/** Bytes of the properties with a fixed size that a PUBLISH or a will may carry. [MQTT-2.2.2.2] */
const fixedSizes = new Map([
  [0x01, 1],
  [0x02, 4],
  [0x18, 4],
  [0x23, 2],
]);

function skipValue(frame: Buffer, identifier: number, at: number): number {
  const size = fixedSizes.get(identifier);
  if (size !== undefined) return at + size;
  if (identifier !== 0x0b) return at + 2 + frame.readUInt16BE(at); // a string or binary data
  let offset = at;
  while (((frame[offset] ?? 0) & 0x80) !== 0) offset += 1;
  return offset + 1;
}
