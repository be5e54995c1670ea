/** Bytes of one block; what a busy client is sent in one turn rarely needs more. */
export const blockBytes = 32_768;
const maxSpareBlocks = 128;

/** Buffers that outgoing bytes are gathered in, used again and again; up to 4 MiB of them wait. */
export class BlockPool {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  }

  /** Only for blocks that nobody reads or writes any more. */
  give(block: Buffer): void {
    if (this.#spare.length < maxSpareBlocks) this.#spare.push(block);
  }
}
