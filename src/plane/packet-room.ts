/** Enough for the acknowledgements of a busy turn. */
const roomBytes = 4_096;
export const shortPacketBytes = 4;

/**
 * Memory for packets of four bytes, one behind the other, whoever they are for. Those that one client gets in one go lie side
 * by side, so that they leave as one piece (see `TurnWriter`) and nobody makes a view of each.
 */
export class PacketRoom {
  #bytes = Buffer.allocUnsafeSlow(roomBytes);
  #used = 0;

  /** What was written last lies in it. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** @returns where in `bytes` it begins */
  write(first: number, packetId: number): number {
    if (this.#used === roomBytes) {
      this.#bytes = Buffer.allocUnsafeSlow(roomBytes); // the old one belongs to those who have not sent it yet
      this.#used = 0;
    }
    const bytes = this.#bytes;
    const at = this.#used;
    bytes[at] = first;
    bytes[at + 1] = shortPacketBytes - 2;
    bytes[at + 2] = packetId >> 8;
    bytes[at + 3] = packetId & 0xff;
    this.#used = at + shortPacketBytes;
    return at;
  }
}
