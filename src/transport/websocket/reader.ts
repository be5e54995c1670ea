import { isUtf8 } from 'node:buffer';
import { closeCodes, opcodes } from './frame.ts';
import { maskAt, maskBehind, unmask } from './mask.ts';

/** What the frames of a client hold, told in their order. After `onClose` or `onViolation` nothing more is told. */
export interface FrameHandler {
  /** Bytes of binary messages as they come, whatever frames and messages they are cut into. [MQTT-6.0.0-2] */
  onPayload(part: Buffer): void;
  onPing(data: Buffer): void;
  onPong(): void;
  /** @param code undefined: the client gave none. */
  onClose(code: number | undefined): void;
  /** The client broke the protocol. @param code to close with. */
  onViolation(code: number, sentence: string): void;
}

/** Two bytes, eight of an extended length, four of the mask. (RFC 6455 5.2) */
const longestHeader = 14;
const nothing: Buffer = Buffer.alloc(0);

/**
 * Takes the frames of a client apart (RFC 6455 5). Payload is passed on as it arrives and never gathered, so a message
 * has no limit of its own: what reads the bytes limits its packets. Only a header and a control frame, 139 bytes
 * together, are kept between two chunks.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #header = Buffer.alloc(longestHeader);
  /** Bytes of the header that are there; 0 to 14. */
  #have = 0;
  /** Bytes of the payload that are still to come, while `#inPayload`. */
  #left = 0;
  #inPayload = false;
  #opcode = 0;
  /** For the next byte of the payload and those behind it. */
  #mask = 0;
  /** A message has begun and its last fragment has not come. */
  #isFragmented = false;
  /** What has come of the payload of a control frame. */
  #control = nothing;
  #isDone = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** @param chunk is unmasked in place. */
  read(chunk: Buffer): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length); // of all frames in it: it costs as much as one
    let at = 0;
    while (!this.#isDone && (at < chunk.length || (this.#inPayload && this.#left === 0)))
      at = this.#inPayload ? this.#readPayload(chunk, view, at) : this.#readHeader(chunk, at);
  }

  /** @returns where the header ends in this chunk, or the end of the chunk. */
  #readHeader(chunk: Buffer, begin: number): number {
    if (this.#have === 0 && begin + longestHeader <= chunk.length) return this.#readWholeHeader(chunk, begin);
    let at = begin;
    while (at < chunk.length) {
      this.#header[this.#have] = chunk[at]!;
      at += 1;
      this.#have += 1;
      if (this.#have === 2 && !this.#checkStart(this.#header[0]!, this.#header[1]!)) return at;
      if (this.#have >= 2 && this.#have === headerLength(this.#header[1]!)) {
        this.#beginPayload(this.#header, 0, this.#have);
        this.#have = 0;
        return at;
      }
    }
    return at;
  }

  /** One that lies in the chunk, as most do: read where it stands. */
  #readWholeHeader(chunk: Buffer, begin: number): number {
    if (!this.#checkStart(chunk[begin]!, chunk[begin + 1]!)) return begin + 2;
    const length = headerLength(chunk[begin + 1]!);
    this.#beginPayload(chunk, begin, length);
    return begin + length;
  }

  /** Checks what the first two bytes say. @returns false when the frame is refused. */
  #checkStart(first: number, second: number): boolean {
    const isFinal = (first & 0x80) !== 0;
    const opcode = first & 0x0f;
    const length = second & 0x7f;
    const isControl = opcode >= opcodes.close;
    this.#opcode = opcode;
    if ((first & 0x70) !== 0) return this.#refuse('a reserved bit is set, and no extension was agreed');
    if ((opcode > opcodes.binary && !isControl) || opcode > opcodes.pong)
      return this.#refuse(`opcode ${opcode} is not known`);
    if ((second & 0x80) === 0) return this.#refuse('the frame of a client is not masked');
    if (isControl && !isFinal) return this.#refuse('a control frame is fragmented');
    if (isControl && length > 125) return this.#refuse('a control frame is longer than 125 bytes');
    if (opcode === opcodes.close && length === 1) return this.#refuse('a close code of one byte');
    if (isControl) return true;
    if (opcode === opcodes.continuation && !this.#isFragmented)
      return this.#refuse('a continuation where no message has begun');
    if (opcode !== opcodes.continuation && this.#isFragmented)
      return this.#refuse('a new message before the last one has ended');
    if (opcode === opcodes.text)
      return this.#refuse('a text frame; MQTT travels in binary frames [MQTT-6.0.0-1]', closeCodes.unsupportedData);
    this.#isFragmented = !isFinal;
    return true;
  }

  /** @param begin of a whole header of `bytes` bytes */
  #beginPayload(header: Buffer, begin: number, bytes: number): void {
    const short = header[begin + 1]! & 0x7f;
    const at = begin + 2;
    const length = short < 126 ? short : short === 126 ? header.readUInt16BE(at) : Number(header.readBigUInt64BE(at));
    if (length > Number.MAX_SAFE_INTEGER) {
      this.#refuse(`a frame of over ${Number.MAX_SAFE_INTEGER} bytes`, closeCodes.tooLarge);
      return;
    }
    this.#mask = maskAt(header, begin + bytes - 4);
    this.#left = length;
    this.#inPayload = true;
  }

  #readPayload(chunk: Buffer, view: DataView, begin: number): number {
    const end = Math.min(chunk.length, begin + this.#left);
    unmask(view, begin, end, this.#mask);
    const part = chunk.subarray(begin, end);
    this.#left -= part.length;
    if (this.#left > 0) this.#mask = maskBehind(this.#mask, part.length);
    this.#inPayload = this.#left > 0;
    if (this.#opcode >= opcodes.close) this.#takeControl(part);
    else if (part.length > 0) this.#handler.onPayload(part);
    return end;
  }

  #takeControl(part: Buffer): void {
    const data = this.#control.length === 0 ? part : Buffer.concat([this.#control, part]);
    this.#control = this.#inPayload ? data : nothing;
    if (this.#inPayload) return;
    if (this.#opcode === opcodes.ping) this.#handler.onPing(data);
    else if (this.#opcode === opcodes.pong) this.#handler.onPong();
    else this.#takeClose(data);
  }

  #takeClose(data: Buffer): void {
    const code = data.length === 0 ? undefined : data.readUInt16BE(0);
    if (code !== undefined && !mayBeSent(code)) this.#refuse(`the close code ${code} must not be sent`);
    else if (!isUtf8(data.subarray(2))) this.#refuse('a close reason that is not UTF-8', closeCodes.invalidPayload);
    else {
      this.#isDone = true;
      this.#handler.onClose(code);
    }
  }

  #refuse(sentence: string, code: number = closeCodes.protocolError): false {
    this.#isDone = true;
    this.#handler.onViolation(code, sentence);
    return false;
  }
}

/** Known from the second byte on. */
function headerLength(second: number): number {
  const length = second & 0x7f;
  return 6 + (length === 127 ? 8 : length === 126 ? 2 : 0);
}

/** What stands in a close frame; 1005, 1006 and 1015 never do. (RFC 6455 7.4) */
const mayBeSent = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
