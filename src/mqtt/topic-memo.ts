/** Longer topic names are read anew each time. */
const maxBytes = 256;
const firstRoomBytes = 32;

/**
 * The topic name that a client used last, as bytes and as text: most publish on one topic for a while, and comparing bytes
 * costs less than checking and decoding them. The same string each time also keeps its hash, which routing asks for.
 */
export class TopicMemo {
  #bytes = Buffer.allocUnsafeSlow(firstRoomBytes);
  #length = 0;
  #text = '';

  /** @returns the text of the bytes from `start` to `end`; undefined where they are not those of last time */
  recall(frame: Uint8Array, start: number, end: number): string | undefined {
    const length = this.#length;
    if (end - start !== length || length === 0) return undefined;
    const bytes = this.#bytes;
    for (let at = 0; at < length; at += 1) if (bytes[at] !== frame[start + at]) return undefined;
    return this.#text;
  }

  /** @param text what the bytes say, which were checked. */
  keep(frame: Buffer, start: number, end: number, text: string): void {
    const length = end - start;
    if (length > maxBytes) return;
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(maxBytes);
    frame.copy(this.#bytes, 0, start, end);
    this.#length = length;
    this.#text = text;
  }
}
