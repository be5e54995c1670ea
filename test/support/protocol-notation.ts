/**
 * Packets as they stand in the specification: hexadecimal digits, and a little help for what would hide them.
 *
 *   10 .. 0004 "MQTT" 04 02 0000 s"a"     `..`      the remaining length, in as many bytes as it needs
 *   30 .. s"t" { 01 00 } "payload"        `"text"`  its UTF-8; s"text" with two bytes of length before it
 *   30 .. s"t" 78*200                     `{ }`     what stands between, its length before it: properties
 *                                         `78*200`  a byte 200 times
 *
 * `|` stands between packets that leave in one segment, so that `..` ends there.
 *
 * Where bytes are expected, `<reason>` stands for a Reason String property, whatever it says, and `<text>` for a text
 * that the broker makes up; all else must be equal.
 */
type Token =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'open' | 'close' | 'length' | 'reason' | 'text' };

const lexeme = /\s*(?:(s?)"([^"]*)"|([0-9a-f]{2})\*(\d+)|((?:[0-9a-f]{2})+)|(\.\.)|(\{)|(\})|(<reason>)|(<text>))/y;

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

function tokenOf(match: RegExpExecArray): Token {
  const [, prefix, quoted, repeated, times, digits, length, open, close, reason] = match;
  if (quoted !== undefined) {
    const bytes = Buffer.from(quoted);
    return { kind: 'bytes', bytes: prefix === 's' ? Buffer.concat([u16(bytes.length), bytes]) : bytes };
  }
  if (repeated !== undefined)
    return { kind: 'bytes', bytes: Buffer.alloc(Number(times), Buffer.from(repeated, 'hex')) };
  if (digits !== undefined) return { kind: 'bytes', bytes: Buffer.from(digits, 'hex') };
  if (length !== undefined) return { kind: 'length' };
  if (open !== undefined) return { kind: 'open' };
  if (close !== undefined) return { kind: 'close' };
  return { kind: reason === undefined ? 'text' : 'reason' };
}

function tokensOf(notation: string): Token[] {
  const tokens: Token[] = [];
  lexeme.lastIndex = 0;
  const source = notation.trim();
  while (lexeme.lastIndex < source.length) {
    const at = lexeme.lastIndex;
    const match = lexeme.exec(source);
    if (match === null) throw new Error(`no bytes: ${source.slice(at)} in ${notation}`);
    tokens.push(tokenOf(match));
  }
  return tokens;
}

/** A variable byte integer in as few bytes as it needs. */
export function variable(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  do {
    digits.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.from(digits);
}

/** From the end to the start, as a length is known when what follows it is. */
function assemble(tokens: readonly Token[]): Buffer {
  let rest: Buffer[] = [];
  const outer: Buffer[][] = [];
  for (const token of tokens.toReversed()) {
    if (token.kind === 'bytes') rest.unshift(token.bytes);
    else if (token.kind === 'length') rest.unshift(variable(Buffer.concat(rest).length));
    else if (token.kind === 'close') {
      outer.push(rest);
      rest = [];
    } else if (token.kind === 'open') {
      const inner = Buffer.concat(rest);
      rest = [variable(inner.length), inner, ...(outer.pop() ?? [])];
    } else throw new Error(`<${token.kind}> can only be expected`);
  }
  return Buffer.concat(rest);
}

/** The bytes of a notation without `<reason>` and `<text>`. */
export const bytesOf = (notation: string): Buffer =>
  Buffer.concat(notation.split('|').map((packet) => assemble(tokensOf(packet))));

/** The offset of what is in `packet` and not known: a Reason String behind its identifier, or a text. */
function unknownPart(packet: Buffer, from: number, isReason: boolean): Buffer | undefined {
  for (let at = from; at < packet.length; at += 1) {
    const start = isReason ? at + 1 : at;
    if (isReason && packet[at] !== 0x1f) continue;
    if (start + 2 > packet.length) return undefined;
    const end = start + 2 + packet.readUInt16BE(start);
    if (end > start + 2 && end <= packet.length) return packet.subarray(at, end);
  }
  return undefined;
}

/**
 * The bytes that are expected, with what is left open taken from the packet that came.
 * @param packet a whole packet
 */
export function expectedBytes(notation: string, packet: Buffer): Buffer {
  const tokens = tokensOf(notation);
  const known = tokens.findIndex(({ kind }) => kind === 'reason' || kind === 'text');
  if (known === -1) return assemble(tokens);
  const isReason = tokens[known]?.kind === 'reason';
  // two lengths of one byte at least stand before what is open
  const before = tokens
    .slice(0, known)
    .reduce((size, token) => size + (token.kind === 'bytes' ? token.bytes.length : 1), 0);
  const part = unknownPart(packet, before, isReason) ?? Buffer.from(isReason ? 'no reason' : 'no text');
  return assemble(tokens.with(known, { kind: 'bytes', bytes: part }));
}
