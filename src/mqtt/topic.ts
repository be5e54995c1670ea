import type { Refusal } from './refusal.ts';
import { topicFilterFault, topicNameFault } from './topic-scan.ts';
import { isWellFormed, maxTextBytes } from './utf8.ts';

function problem(text: string, faultOf: (bytes: Uint8Array, start: number, end: number) => Refusal | undefined) {
  if (!isWellFormed(text)) return 'it holds half of a surrogate pair, which UTF-8 cannot carry';
  const bytes = Buffer.from(text);
  if (bytes.length > maxTextBytes) return `it takes ${bytes.length} bytes; at most ${maxTextBytes} are allowed`;
  return faultOf(bytes, 0, bytes.length)?.message;
}

/** What keeps a text from being a topic name, as a sentence, or undefined. [MQTT-4.7.1-1] [MQTT-4.7.3-1] to [MQTT-4.7.3-3] */
export const topicNameProblem = (text: string): string | undefined => problem(text, topicNameFault);

/** What keeps a text from being a topic filter, as a sentence, or undefined. [MQTT-4.7.1] [MQTT-4.7.3] [MQTT-4.8.2] */
export const topicFilterProblem = (text: string): string | undefined => problem(text, topicFilterFault);

export interface SharedFilter {
  /** The share name: at least one character, without `/`, `+` and `#`. */
  readonly group: string;
  /** What is matched against topic names. */
  readonly filter: string;
}

/** @param filter a valid one */
export const isSharedFilter = (filter: string): boolean => filter.startsWith('$share/');

/** Takes `$share/group/filter` apart. @returns undefined for any other filter, malformed ones included. [MQTT-4.8.2-1] */
export function parseSharedFilter(filter: string): SharedFilter | undefined {
  const match = /^\$share\/([^/+#]+)\/(.+)$/s.exec(filter);
  return match === null ? undefined : { group: match[1]!, filter: match[2]! };
}

const dollar = 0x24;
const plus = 0x2b;
const hash = 0x23;

function levelEnd(text: string, from: number): number {
  const slash = text.indexOf('/', from);
  return slash === -1 ? text.length : slash;
}

function isSameLevel(filter: string, f: number, filterEnd: number, topic: string, t: number, topicEnd: number) {
  if (filterEnd - f !== topicEnd - t) return false;
  for (let offset = 0; f + offset < filterEnd; offset += 1)
    if (filter.charCodeAt(f + offset) !== topic.charCodeAt(t + offset)) return false;
  return true;
}

/**
 * Whether a filter matches a topic name. Empty levels are levels, `a/#` matches `a`, and a wildcard in the first level
 * never matches a topic that begins with `$`. [MQTT-4.7.2-1] Allocates nothing.
 *
 * @param filter a valid filter, not a shared one: take that apart first
 * @param topic a valid topic name
 */
export function matches(filter: string, topic: string): boolean {
  const first = filter.charCodeAt(0);
  if (topic.charCodeAt(0) === dollar && (first === plus || first === hash)) return false;
  let f = 0;
  let t = 0;
  for (;;) {
    const code = filter.charCodeAt(f);
    if (code === hash) return true;
    const filterEnd = levelEnd(filter, f);
    const topicEnd = levelEnd(topic, t);
    const isWild = code === plus && filterEnd === f + 1;
    if (!isWild && !isSameLevel(filter, f, filterEnd, topic, t, topicEnd)) return false;
    if (topicEnd === topic.length)
      return (
        filterEnd === filter.length || (filterEnd + 2 === filter.length && filter.charCodeAt(filterEnd + 1) === hash)
      );
    if (filterEnd === filter.length) return false;
    f = filterEnd + 1;
    t = topicEnd + 1;
  }
}

/** Whether a topic or filter takes more than so many bytes in UTF-8; costs nothing where it is clearly shorter. */
export const isLongerThan = (topic: string, maxBytes: number): boolean =>
  topic.length * 3 > maxBytes && Buffer.byteLength(topic) > maxBytes;
