import { damaged } from './damaged.ts';

/** Writes one record. Numbers are big-endian; texts and bytes stand behind their length. */
export class RecordWriter {
  #parts: Buffer[] = [];

  u8(value: number): this {
    this.#parts.push(Buffer.from([value]));
    return this;
  }

  u32(value: number): this {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(value, 0);
    this.#parts.push(bytes);
    return this;
  }

  /** A whole number from 0 to 2^48 - 1. */
  u48(value: number): this {
    const bytes = Buffer.allocUnsafe(6);
    bytes.writeUIntBE(value, 0, 6);
    this.#parts.push(bytes);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length);
    this.#parts.push(Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  end(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads one record back. @throws StoreError store-damaged where the record ends too early. */
export class RecordReader {
  readonly #buffer: Buffer;
  readonly #what: string;
  #at: number;

  /** @param what the record is, for the error. */
  constructor(buffer: Buffer, what: string, at = 0) {
    this.#buffer = buffer;
    this.#what = what;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#buffer.length;
  }

  u8(): number {
    const at = this.#take(1);
    return this.#buffer.readUInt8(at);
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  u48(): number {
    return this.#buffer.readUIntBE(this.#take(6), 6);
  }

  double(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  bytes(): Buffer {
    const length = this.u32();
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** @param likely given back where it is what stands there: a text that many records share is kept once. */
  text(likely = ''): string {
    const length = this.u32();
    const at = this.#take(length);
    return this.#isAscii(likely, at, length) ? likely : this.#buffer.toString('utf8', at, at + length);
  }

  /** Leaves out a text, or bytes. */
  skip(): void {
    this.#take(this.u32());
  }

  /** @throws StoreError store-damaged when something is left. */
  end(): void {
    if (!this.isAtEnd) throw damaged(`${this.#what} of the store is longer than it says`);
  }

  /** Whether the text stands there; false for one with other characters too. */
  #isAscii(text: string, at: number, length: number): boolean {
    if (text.length !== length) return false;
    for (let index = 0; index < length; index += 1) {
      const byte = this.#buffer[at + index]!;
      if (byte > 127 || byte !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#buffer.length) throw damaged(`${this.#what} of the store ends too early`);
    this.#at = at + length;
    return at;
  }
}
