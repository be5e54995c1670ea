import { malformed, protocolError, type Refusal } from './refusal.ts';
import { sequenceBytes } from './utf8.ts';

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;
const sharePrefix = Buffer.from('$share/');

const name = {
  empty: protocolError('MQTT-4.7.3-1', 'the topic name is empty'),
  null: malformed('MQTT-4.7.3-2', 'the topic name holds the character U+0000'),
  illFormed: malformed('MQTT-1.5.4-1', 'the topic name is not well-formed UTF-8'),
  wildcard: malformed('MQTT-3.3.2-2', 'the topic name contains + or #, which only a topic filter may'),
};

const filter = {
  empty: protocolError('MQTT-4.7.3-1', 'the topic filter is empty'),
  null: malformed('MQTT-4.7.3-2', 'the topic filter holds the character U+0000'),
  illFormed: malformed('MQTT-1.5.4-1', 'the topic filter is not well-formed UTF-8'),
  hash: malformed('MQTT-4.7.1-1', '# in a topic filter must be the last level and stand alone in it'),
  plus: malformed('MQTT-4.7.1-2', '+ in a topic filter must stand alone in its level'),
  shareName: malformed('MQTT-4.8.2-1', 'the share name of a shared subscription is empty'),
  shareWildcard: malformed('MQTT-4.8.2-2', 'the share name of a shared subscription contains + or #'),
  shareFilter: malformed('MQTT-4.8.2-2', 'a shared subscription needs a topic filter: $share/NAME/FILTER'),
};

/** Checks the bytes of a topic name, UTF-8 included. @returns a constant refusal */
export function topicNameFault(bytes: Uint8Array, start: number, end: number): Refusal | undefined {
  if (start === end) return name.empty;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte >= 0x80) {
      const size = sequenceBytes(bytes, at, end);
      if (size === 0) return name.illFormed;
      at += size - 1;
    } else if (byte === plus || byte === hash) return name.wildcard;
    else if (byte === 0) return name.null;
  }
  return undefined;
}

/** Checks the bytes of a topic filter, UTF-8 included. @returns a constant refusal */
export function topicFilterFault(bytes: Uint8Array, start: number, end: number): Refusal | undefined {
  if (start === end) return filter.empty;
  if (!isShared(bytes, start, end)) return levelsFault(bytes, start, end);
  const groupStart = start + sharePrefix.length;
  let groupEnd = groupStart;
  while (groupEnd < end && bytes[groupEnd] !== slash) groupEnd += 1;
  if (groupEnd === groupStart) return filter.shareName;
  if (groupEnd + 1 >= end) return filter.shareFilter;
  for (let at = groupStart; at < groupEnd; at += 1)
    if (bytes[at] === plus || bytes[at] === hash) return filter.shareWildcard;
  return levelsFault(bytes, groupStart, groupEnd) ?? levelsFault(bytes, groupEnd + 1, end);
}

/** True for filters that start with `$share/`. @param bytes of the whole filter from `start` to `end` */
export function isShared(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < sharePrefix.length) return false;
  for (let offset = 0; offset < sharePrefix.length; offset += 1)
    if (bytes[start + offset] !== sharePrefix[offset]) return false;
  return true;
}

function levelsFault(bytes: Uint8Array, start: number, end: number): Refusal | undefined {
  let levelStart = start;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte >= 0x80) {
      const size = sequenceBytes(bytes, at, end);
      if (size === 0) return filter.illFormed;
      at += size - 1;
    } else if (byte === slash) {
      levelStart = at + 1;
    } else if (byte === hash) {
      if (at !== levelStart || at + 1 !== end) return filter.hash;
    } else if (byte === plus) {
      if (at !== levelStart || (at + 1 < end && bytes[at + 1] !== slash)) return filter.plus;
    } else if (byte === 0) return filter.null;
  }
  return undefined;
}
