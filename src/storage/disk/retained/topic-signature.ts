/** Bits of a signature: with the topics of one block, of a few levels each, an eighth of them is set. */
const bits = 8_192;
const wordBits = 32;
/** Levels that go into a signature; what is deeper is compared when the topic is read. */
const signedLevels = 16;
const slash = 0x2f;

/** A filter that asks for its first level begins with it, and so do the keys of what it matches. */
const isSigned = (depth: number): boolean => depth > 0 && depth < signedLevels;

/** Which levels stand where in some topics: says "none of them" for sure, and "one of them" with a chance of 1 in 500 to be wrong. */
export interface TopicSignature {
  readonly words: Uint32Array;
  /** Levels of the deepest. */
  depth: number;
}

/** What a filter asks of a topic behind its first wildcard. */
export interface SignatureQuery {
  readonly bits: readonly number[];
  /** Levels that a topic has at least. */
  readonly depth: number;
}

export const emptySignature = (): TopicSignature => ({ words: new Uint32Array(bits / wordBits), depth: 0 });

/** Of topics that nobody knows. */
export function fillSignature(signature: TopicSignature): void {
  signature.words.fill(0xffff_ffff);
  signature.depth = Number.POSITIVE_INFINITY;
}

export function addToSignature(signature: TopicSignature, topic: string): void {
  const { words } = signature;
  let depth = 0;
  let hash = seedOf(0);
  for (let at = 0; at < topic.length; at += 1) {
    const code = topic.charCodeAt(at);
    if (code === slash) {
      if (isSigned(depth)) set(words, hash);
      depth += 1;
      hash = seedOf(depth);
    } else hash = step(hash, code);
  }
  if (isSigned(depth)) set(words, hash);
  set(words, endOf(depth));
  if (depth >= signature.depth) signature.depth = depth + 1;
}

/** @returns undefined where every topic below the beginning of the filter may match */
export function queryOf(filter: string): SignatureQuery | undefined {
  const levels = filter.split('/');
  const isOpen = levels.at(-1) === '#'; // and matches its parent [MQTT-4.7.1-2]
  const depth = isOpen ? levels.length - 1 : levels.length;
  const wildAt = levels.findIndex((level) => level === '+' || level === '#');
  const asked = isOpen ? [] : bitsOf(endOf(depth - 1));
  for (const [at, level] of levels.entries())
    if (at > wildAt && isSigned(at) && level !== '+' && level !== '#') asked.push(...bitsOf(hashOf(level, at)));
  return asked.length === 0 && depth <= wildAt + 1 ? undefined : { bits: asked, depth };
}

export function maySatisfy({ words, depth }: TopicSignature, query: SignatureQuery): boolean {
  if (depth < query.depth) return false;
  for (const bit of query.bits) if ((words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
  return true;
}

const seedOf = (depth: number): number => 0x811c_9dc5 ^ depth;
const step = (hash: number, code: number): number => Math.imul(hash ^ code, 0x0100_0193);
/** Stands for the end of a topic; no level has a code unit above 65,535. */
const endOf = (depth: number): number => step(seedOf(depth), 0x10_0000);

function hashOf(level: string, depth: number): number {
  let hash = seedOf(depth);
  for (let at = 0; at < level.length; at += 1) hash = step(hash, level.charCodeAt(at));
  return hash;
}

/** Spreads what little of it a short level has changed over all bits of a hash. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2_ae35);
  return whole ^ (whole >>> 16);
}

const first = (mix: number): number => mix & (bits - 1);
const second = (mix: number): number => (mix >>> 13) & (bits - 1);
const third = (mix: number): number => Math.imul(mix, 0x9e37_79b1) >>> 19;

function bitsOf(hash: number): number[] {
  const mix = mixed(hash);
  return [first(mix), second(mix), third(mix)];
}

function set(words: Uint32Array, hash: number): void {
  const mix = mixed(hash);
  setBit(words, first(mix));
  setBit(words, second(mix));
  setBit(words, third(mix));
}

function setBit(words: Uint32Array, bit: number): void {
  words[bit >>> 5]! |= 1 << (bit & 31);
}
