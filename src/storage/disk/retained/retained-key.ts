import { createHash } from 'node:crypto';

/** LMDB takes keys of up to 1,978 bytes; of a longer topic the first bytes stand there, and its hash. */
const maxBytes = 1_800;
/** Stands in no UTF-8 text. */
const cut = 0xff;
const slash = 0x2f;
/** Stands in no topic [MQTT-4.7.3-2], so the topics below one come right behind it. */
const separator = 0;

/** A topic as key: topics come in the order of their levels, byte by byte. */
export function topicKey(topic: string): Buffer {
  const bytes = levelBytes(topic);
  if (bytes.length <= maxBytes) return bytes;
  const hash = createHash('sha256').update(topic).digest();
  return Buffer.concat([bytes.subarray(0, maxBytes), Buffer.from([cut]), hash]);
}

/** Whether only the beginning of the topic stands in the key. */
export const isCut = (key: Buffer): boolean => key[maxBytes] === cut;

/** The topic of a key; undefined when it is too long to stand there whole. */
export function topicIn(key: Buffer): string | undefined {
  if (isCut(key)) return undefined;
  return key.toString('utf8', 1).replaceAll('\0', '/');
}

/** Begins with a byte of its own, as LMDB takes no empty key. */
function levelBytes(topic: string): Buffer {
  const bytes = Buffer.from(`\x01${topic}`);
  for (let at = bytes.indexOf(slash); at !== -1; at = bytes.indexOf(slash, at + 1)) bytes[at] = separator;
  return bytes;
}

export interface TopicRange {
  /** Included. */
  readonly from: Buffer;
  /** Excluded. */
  readonly to: Buffer;
}

/** Keys of all topics that can match the filter. */
export function rangeOf(filter: string): TopicRange {
  const levels = filter.split('/');
  const wildAt = levels.findIndex((level) => level === '+' || level === '#');
  if (wildAt === 0) return { from: levelBytes(''), to: Buffer.from([cut]) };
  const literal = wildAt === -1 ? levels : levels.slice(0, wildAt);
  const from = levelBytes(literal.join('/'));
  if (from.length >= maxBytes)
    return {
      from: from.subarray(0, maxBytes),
      to: Buffer.concat([from.subarray(0, maxBytes), Buffer.from([cut, cut])]),
    };
  return { from, to: behind(from) };
}

/** Whether every topic in the range of the filter matches it: it is a topic and all below. */
export const isWholeRange = (filter: string): boolean => /^[^+#]+\/#$/.test(filter);

/** Behind a topic and everything below it. */
const behind = (topic: Buffer): Buffer => Buffer.concat([topic, Buffer.from([separator + 1])]);

/**
 * Where to go on after a topic that the filter does not match: the first key behind `topic` that may match.
 * @returns undefined when that is the next key.
 */
export function nextFrom(filter: string, topic: string): Buffer | undefined {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return levelBytes('%'); // behind all `$` topics
  for (const [depth, level] of wanted.entries()) {
    const found = levels[depth];
    if (found === undefined || level === '#') return undefined;
    if (level === '+' || level === found) continue;
    const parent = levels.slice(0, depth);
    if (Buffer.compare(Buffer.from(level), Buffer.from(found)) > 0) return levelBytes([...parent, level].join('/'));
    return depth === 0 ? undefined : behind(levelBytes(parent.join('/')));
  }
  return behind(levelBytes(levels.slice(0, wanted.length).join('/')));
}
