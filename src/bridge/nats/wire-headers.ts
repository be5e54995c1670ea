import { type Msg, MsgHdrsImpl } from '@nats-io/transport-node';
import type { HeaderList, NatsMessage, NatsMessageStatus } from '../link.ts';
import { parseHeaderBlock } from './header-block.ts';

/** A header block, encoded once. The names and values are legal already. */
export class WireHeaders extends MsgHdrsImpl {
  readonly #bytes: Uint8Array;

  constructor(list: HeaderList) {
    super();
    const lines = list.map(([name, value]) => `${name}: ${value}\r\n`);
    this.#bytes = Buffer.from(`NATS/1.0\r\n${lines.join('')}\r\n`);
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  override encode(): Uint8Array {
    return this.#bytes;
  }
}

/** A message as the link's users see it. */
export function toNatsMessage(message: Msg): NatsMessage {
  const { subject, data, reply } = message;
  const block = headerBlock(message);
  return {
    subject,
    payload: data,
    headers: readHeaderList(message, block),
    reply: reply === undefined || reply === '' ? undefined : reply,
    status: block === undefined || block === 'unknown' ? undefined : readStatus(block),
  };
}

/** Of the first line, as `NATS/1.0 503`, or `NATS/1.0 408 Request Timeout`. */
function readStatus(block: Uint8Array): NatsMessageStatus | undefined {
  if (block[8] !== 0x20) return undefined; // most have none
  const [, code, text] = /^NATS\/1\.\d (\d{3}) ?([^\r]{0,200})/.exec(decoder.decode(block.subarray(0, 256))) ?? [];
  return code === undefined ? undefined : { code: Number(code), text: text ?? '' };
}

function readHeaderList(message: Msg, block: Uint8Array | undefined | 'unknown'): NatsMessage['headers'] {
  if (block !== 'unknown') return block === undefined ? undefined : parseHeaderBlock(block);
  try {
    const { headers } = message;
    if (headers === undefined) return undefined;
    return [...headers].flatMap(([name, values]) => values.map((value) => [name, value] as const));
  } catch {
    return 'unreadable'; // the library throws on names that are not legal
  }
}

/**
 * The bytes of the header block, from where version 3.4 of the library keeps them. Its own parser looks through all
 * names for each line, so one message with 40,000 headers would stop this process for half a minute; it also throws on
 * names that are not legal, and loses the order of names.
 */
function headerBlock(message: Msg): Uint8Array | undefined | 'unknown' {
  const bytes: unknown = Reflect.get(message, '_rdata');
  const parsed: unknown = Reflect.get(message, '_msg');
  if (!(bytes instanceof Uint8Array) || typeof parsed !== 'object' || parsed === null) return 'unknown';
  const length: unknown = Reflect.get(parsed, 'hdr');
  if (typeof length !== 'number') return 'unknown';
  return length < 0 ? undefined : bytes.subarray(0, length);
}

const decoder = new TextDecoder();
