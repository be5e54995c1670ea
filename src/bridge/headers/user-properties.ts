import { isWellFormed, maxTextBytes } from '../../mqtt/utf8.ts';
import type { HeaderList } from '../link.ts';

type Pair = readonly [key: string, value: string];

/** What a NATS header may be called (RFC 822 3.1.2: printable ASCII without colon). */
const headerName = /^[!-9;-~]+$/;
/** Names with a meaning of their own: ours, those of NATS, and what Go clients read as the status of a reply. */
const reservedName = /^(mqtt-|nats-|status$|description$)/i;
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u001f\u007f]/;
/** Header libraries search all names for each they add; more than this would let one client stall every receiver. */
const maxPlainHeaders = 64;

/**
 * User properties as headers: plain ones of the same name where every key and value is legal as it stands. Otherwise,
 * where a key returns after another (header libraries group by name), and where there are many, the whole list goes as
 * `Mqtt-User-Property` headers, so that order and repetition survive. [MQTT-3.3.2-18]
 */
export function encodeUserProperties(pairs: readonly Pair[]): HeaderList {
  if (isPlainList(pairs)) return pairs;
  return pairs.map(([key, value]) => ['Mqtt-User-Property', `${percent(key)}=${percent(value)}`]);
}

/** Half a surrogate pair cannot be percent-encoded; it becomes U+FFFD, as in any UTF-8. */
const percent = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

function isPlainList(pairs: readonly Pair[]): boolean {
  if (pairs.length > maxPlainHeaders) return false;
  const seen = new Set<string>();
  let previous: string | undefined;
  for (const [key, value] of pairs) {
    if (!headerName.test(key) || reservedName.test(key) || control.test(value) || value.trim() !== value) return false;
    if (key !== previous && seen.has(key)) return false;
    seen.add(key);
    previous = key;
  }
  return true;
}

/** Reads the value of a `Mqtt-User-Property` header; undefined: not one. */
export function decodeUserProperty(text: string): [string, string] | undefined {
  const equals = text.indexOf('=');
  if (equals === -1) return undefined;
  try {
    const key = decodeURIComponent(text.slice(0, equals));
    const value = decodeURIComponent(text.slice(equals + 1));
    return isUserProperty(key, value) ? [key, value] : undefined;
  } catch {
    return undefined; // not percent-encoded UTF-8
  }
}

/** True for two strings that MQTT can carry. */
export const isUserProperty = (key: string, value: string): boolean => isMqttString(key) && isMqttString(value);

export const isMqttString = (text: string): boolean =>
  !text.includes('\u0000') && isWellFormed(text) && Buffer.byteLength(text) <= maxTextBytes;
