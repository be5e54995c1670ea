/** Packet identifiers, 1 to 65,535; some kilobytes at most, whatever a client does with them. */
export class PacketIdSet {
  /** Bits of 32 identifiers each, by what those have in common. */
  readonly #words = new Map<number, number>();

  has(packetId: number): boolean {
    return ((this.#words.get(packetId >>> 5) ?? 0) & (1 << (packetId & 31))) !== 0;
  }

  add(packetId: number): void {
    const word = packetId >>> 5;
    this.#words.set(word, (this.#words.get(word) ?? 0) | (1 << (packetId & 31)));
  }

  /** @returns whether it was there */
  delete(packetId: number): boolean {
    if (!this.has(packetId)) return false;
    const word = packetId >>> 5;
    const left = (this.#words.get(word) ?? 0) & ~(1 << (packetId & 31));
    if (left === 0) this.#words.delete(word);
    else this.#words.set(word, left);
    return true;
  }
}
