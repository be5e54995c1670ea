import { firstKey } from '../files/keys.ts';
import { type TopicRange, topicIn } from './retained-key.ts';
import {
  addToSignature,
  emptySignature,
  fillSignature,
  maySatisfy,
  type SignatureQuery,
  type TopicSignature,
} from './topic-signature.ts';

/** Topics that get a signature together. */
const blockTopics = 128;
/** Fewer are not worth one. */
const minTopics = 64;
/** With so many its signature says little any more. */
const maxTopics = 256;
/** About 19 MB: two million topics. */
const usualMaxBlocks = 16_384;

/** Topics one behind the other in the order of their keys, up to the first of the next block. */
interface Block {
  readonly from: Buffer;
  /** Undefined where nobody has looked yet. */
  signature: TopicSignature | undefined;
  topics: number;
}

/** Keys in which a filter may have matches. */
export interface Span extends TopicRange {
  /** Nobody has looked there yet: whoever does should `sign` what was read. */
  readonly isNew: boolean;
}

const unsigned = (from: Buffer): Block => ({ from, signature: undefined, topics: 0 });
const isBefore = (a: Buffer, b: Buffer): boolean => Buffer.compare(a, b) < 0;
const isNewBlock = ({ signature }: Block): boolean => signature === undefined;

/**
 * Where topics are that a filter may match, though it begins with a wildcard: `+/x` passes over blocks in which no topic
 * has `x` as its second level. Nothing is kept on disk, and nothing is made before it is needed: a search that walks
 * through topics leaves signatures behind, and the next passes over what it cannot match, a block in some nanoseconds.
 */
export class TopicBlocks {
  readonly #maxBlocks: number;
  /** In the order of their keys; the first begins before all keys. */
  readonly #blocks: Block[] = [unsigned(firstKey)];

  /** @param maxBlocks with more, what is not signed yet stays so */
  constructor(maxBlocks = usualMaxBlocks) {
    this.#maxBlocks = maxBlocks;
  }

  get size(): number {
    return this.#blocks.length;
  }

  /** Whether somebody has looked there. */
  isSigned(key: Buffer): boolean {
    return this.#blocks[this.#placeOf(key)]?.signature !== undefined;
  }

  /** The next keys of the range that may match. */
  next(query: SignatureQuery, { from, to }: TopicRange): Span | undefined {
    const blocks = this.#blocks;
    let at = this.#placeOf(from);
    while (at < blocks.length && !mayMatch(blocks[at]!, query)) at += 1;
    const block = blocks[at];
    if (block === undefined) return undefined;
    const start = isBefore(block.from, from) ? from : block.from;
    if (!isBefore(start, to)) return undefined;
    const isNew = isNewBlock(block);
    let end = at + 1;
    while (end < blocks.length && isNewBlock(blocks[end]!) === isNew && mayMatch(blocks[end]!, query)) end += 1;
    const behind = blocks[end]?.from;
    return { from: start, to: behind === undefined || isBefore(to, behind) ? to : behind, isNew };
  }

  /** A topic that was not there before. */
  added(key: Buffer, topic: string): void {
    if (this.#blocks.length === 1) return;
    const block = this.#blocks[this.#placeOf(key)];
    if (block?.signature === undefined) return;
    block.topics += 1;
    if (block.topics > maxTopics) block.signature = undefined;
    else addToSignature(block.signature, topic);
  }

  /** @param keys all there are in the range, none of which is signed */
  sign({ from, to }: TopicRange, keys: readonly Buffer[]): void {
    if (keys.length < minTopics || this.#blocks.length >= this.#maxBlocks) return;
    const start = this.#placeOf(from);
    let end = start + 1;
    while (end < this.#blocks.length && isBefore(this.#blocks[end]!.from, to)) end += 1;
    const before = this.#blocks[start]!;
    const behind = this.#blocks[end]?.from;
    const isWhole = behind !== undefined && !isBefore(to, behind);
    this.#blocks.splice(
      start,
      end - start,
      ...(isBefore(before.from, from) ? [before] : []),
      ...signedBlocks(from, keys),
      ...(isWhole ? [] : [unsigned(to)]),
    );
  }

  /** @returns the place of the block that the key is in */
  #placeOf(key: Buffer): number {
    let from = 0;
    let to = this.#blocks.length;
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if (isBefore(key, this.#blocks[middle]!.from)) to = middle;
      else from = middle;
    }
    return from;
  }
}

const mayMatch = ({ signature }: Block, query: SignatureQuery): boolean =>
  signature === undefined || maySatisfy(signature, query);

function* signedBlocks(from: Buffer, keys: readonly Buffer[]): Generator<Block, void> {
  for (let at = 0; at < keys.length; at += blockTopics) {
    const own = keys.slice(at, at + blockTopics);
    const signature = emptySignature();
    for (const key of own) {
      const topic = topicIn(key);
      if (topic === undefined) fillSignature(signature);
      else addToSignature(signature, topic);
    }
    yield { from: at === 0 ? from : own[0]!, signature, topics: own.length };
  }
}
