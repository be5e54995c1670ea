import { StoreError } from '../../../kernel/errors.ts';

export interface NumberedLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

const lineFeed = 0x0a;
/** A line holds at most one message: 256 MiB in base64, and room for the rest. */
const maxLineBytes = 402_653_184;

/** The lines of a stream of bytes, without their ends; a last one without end counts too. @throws StoreError store-import-refused */
export async function* numberedLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes = maxLineBytes,
): AsyncGenerator<NumberedLine, void> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 1;
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = 0;
    for (let end = buffer.indexOf(lineFeed); end !== -1; end = buffer.indexOf(lineFeed, from)) {
      yield { number, text: textOf([...parts, buffer.subarray(from, end)], number) };
      number += 1;
      from = end + 1;
      parts = [];
      bytes = 0;
    }
    parts.push(buffer.subarray(from));
    bytes += buffer.length - from;
    if (bytes > maxBytes) throw refusedLine(number, `it is longer than ${maxBytes} bytes`);
  }
  if (bytes > 0) yield { number, text: textOf(parts, number) };
}

function textOf(parts: readonly Buffer[], number: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  } catch (cause) {
    throw refusedLine(number, 'it is not UTF-8 text', cause);
  }
}

const refusedLine = (number: number, what: string, cause?: unknown): StoreError =>
  new StoreError('store-import-refused', `line ${number}: ${what}; nothing was imported`, { cause });
