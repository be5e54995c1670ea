import { type BlockPool, blockBytes } from './blocks.ts';
import type { Publication } from './parser.ts';

/** Payloads from this size on are sent from where they lie; smaller ones are copied once, which costs less. */
const sliceBytes = 8_192;
/** Up to this size a loop beats the call of a native copy. */
const loopBytes = 32;

/** Takes a batch of bytes towards the peer. `done` comes when they have left the process, or never. */
export type Send = (batch: readonly Uint8Array[], done: () => void) => void;

/**
 * What one client is still to be sent. Messages are gathered in blocks and leave in batches: one batch is under way at a
 * time, the next waits until it is gone, so that a slow peer costs memory for its bytes and not for their packaging.
 */
export class Writer {
  readonly #blocks: BlockPool;
  readonly #send: Send;
  readonly #sent: () => void;
  #parts: Uint8Array[] = [];
  #filled: Buffer[] = [];
  #block: Buffer | undefined;
  #start = 0;
  #end = 0;
  #queuedBytes = 0;
  #underWayBytes = 0;
  #underWayBlocks: Buffer[] = [];
  #isUnderWay = false;

  /** @param sent runs when a batch has left the process. */
  constructor(blocks: BlockPool, send: Send, sent: () => void) {
    this.#blocks = blocks;
    this.#send = send;
    this.#sent = sent;
  }

  /** Bytes that the peer has not taken yet. */
  get pendingBytes(): number {
    return this.#queuedBytes + this.#underWayBytes;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Queues a protocol line. @param latin1 with its CR LF. */
  line(latin1: string): void {
    const length = latin1.length;
    if (length > blockBytes) this.#slice(Buffer.from(latin1, 'latin1'));
    else {
      const block = this.#room(length);
      block.write(latin1, this.#end, 'latin1');
      this.#end += length;
      this.#queuedBytes += length;
    }
  }

  /** Queues a message: MSG or HMSG as the publication is. @param sid with a space before and after it. */
  message(publication: Publication, sid: Uint8Array): void {
    const { tailStart, payloadEnd } = publication;
    this.#write(publication, sid, '', tailStart, payloadEnd + 2);
  }

  /** Queues a message for a client that does not understand headers, without them. @param sid as above */
  messageWithoutHeaders(publication: Publication, sid: Uint8Array): void {
    const { buffer, headerBytes, replyStart, replyEnd, payloadStart, payloadEnd } = publication;
    const bodyStart = payloadStart + Math.max(0, headerBytes);
    const size = `${payloadEnd - bodyStart}\r\n`;
    const line = replyEnd > replyStart ? `${buffer.toString('latin1', replyStart, replyEnd)} ${size}` : size;
    this.#write(publication, sid, line, bodyStart, payloadEnd + 2);
  }

  /** @param line ends the first line, where what stands in the publication from `tailStart` on does not. */
  #write(publication: Publication, sid: Uint8Array, line: string, tailStart: number, tailEnd: number): void {
    const { buffer, subjectStart, subjectEnd, headerBytes } = publication;
    const hasHeaders = line === '' && headerBytes >= 0;
    const head = (hasHeaders ? 5 : 4) + subjectEnd - subjectStart + sid.length + line.length;
    const tail = tailEnd - tailStart;
    const isSliced = tail >= sliceBytes;
    const block = this.#room(isSliced ? head : head + tail);
    let end = this.#end;
    if (hasHeaders) block[end++] = 72; // HMSG
    block[end++] = 77;
    block[end++] = 83;
    block[end++] = 71;
    block[end++] = 32;
    end = copy(buffer, subjectStart, subjectEnd, block, end);
    end = copy(sid, 0, sid.length, block, end);
    for (let index = 0; index < line.length; index++) block[end++] = line.charCodeAt(index);
    this.#queuedBytes += end - this.#end;
    this.#end = end;
    if (isSliced) this.#slice(buffer.subarray(tailStart, tailEnd));
    else {
      this.#end = copy(buffer, tailStart, tailEnd, block, end);
      this.#queuedBytes += tail;
    }
  }

  /** Hands over what is queued, unless a batch is under way; then it follows when that is gone. */
  flush(): void {
    if (this.#isUnderWay || this.#queuedBytes === 0) return;
    this.#closePart();
    if (this.#block !== undefined) this.#filled.push(this.#block);
    const parts = this.#parts;
    this.#underWayBlocks = this.#filled;
    this.#underWayBytes = this.#queuedBytes;
    this.#isUnderWay = true;
    this.#parts = [];
    this.#filled = [];
    this.#block = undefined;
    this.#start = this.#end = 0;
    this.#queuedBytes = 0;
    this.#send(parts, this.#onSent);
  }

  /** Hands over the rest without waiting for the batch under way; nothing may be queued afterwards. */
  finish(): void {
    if (this.#queuedBytes === 0) return;
    this.#closePart();
    this.#send(this.#parts, () => undefined);
    this.#parts = [];
    this.#filled = [];
    this.#block = undefined;
    this.#queuedBytes = 0;
  }

  /** Forgets what is queued; a batch under way goes on, and ends with a whole message. */
  discard(): void {
    if (this.#block !== undefined) this.#blocks.give(this.#block);
    for (const block of this.#filled) this.#blocks.give(block);
    this.#parts = [];
    this.#filled = [];
    this.#block = undefined;
    this.#start = this.#end = 0;
    this.#queuedBytes = 0;
  }

  readonly #onSent = (): void => {
    for (const block of this.#underWayBlocks) this.#blocks.give(block);
    this.#underWayBlocks = [];
    this.#underWayBytes = 0;
    this.#isUnderWay = false;
    this.#sent();
  };

  /** A block with room for `length` bytes at `#end`; at most `blockBytes`. */
  #room(length: number): Buffer {
    const block = this.#block;
    if (block !== undefined && this.#end + length <= blockBytes) return block;
    this.#closePart();
    if (block !== undefined) this.#filled.push(block);
    this.#start = this.#end = 0;
    return (this.#block = this.#blocks.take());
  }

  #slice(bytes: Uint8Array): void {
    this.#closePart();
    this.#parts.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  #closePart(): void {
    if (this.#block !== undefined && this.#end > this.#start)
      this.#parts.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

function copy(source: Uint8Array, from: number, to: number, target: Buffer, at: number): number {
  const length = to - from;
  if (length > loopBytes) target.set(new Uint8Array(source.buffer, source.byteOffset + from, length), at);
  else for (let index = 0; index < length; index++) target[at + index] = source[from + index]!;
  return at + length;
}
