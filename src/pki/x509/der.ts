/** One element of an ASN.1 structure in DER (X.690). */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** The element with its tag and length. */
  readonly raw: Buffer;
}

/** The DER tags that certificates, requests and revocation lists are made of. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  nothing: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  printable: 0x13,
  teletex: 0x14,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universal: 0x1c,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag of a context-specific element. */
export const contextTag = (number: number, isConstructed: boolean): number => (isConstructed ? 0xa0 : 0x80) | number;

/** Reads the one element that these bytes are. @throws RangeError where they are not exactly one. */
export function readDer(bytes: Buffer): DerValue {
  const value = readAt(bytes, 0);
  if (value.raw.length !== bytes.length) throw new RangeError('bytes follow the end of the structure');
  return value;
}

/** The elements inside a constructed one. @throws RangeError where its content is not a row of elements. */
export function readChildren({ content }: DerValue): DerValue[] {
  const children: DerValue[] = [];
  for (let offset = 0; offset < content.length; ) {
    const child = readAt(content, offset);
    children.push(child);
    offset += child.raw.length;
  }
  return children;
}

function readAt(bytes: Buffer, offset: number): DerValue {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new RangeError('the structure is cut off');
  if ((tag & 0x1f) === 0x1f) throw new RangeError('a tag of several octets is not known here');
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthOctets > 4) throw new RangeError('a length is not in DER');
  const start = offset + 2 + lengthOctets;
  if (start > bytes.length) throw new RangeError('the structure is cut off');
  const length = lengthOctets === 0 ? first : bytes.readUIntBE(offset + 2, lengthOctets);
  // X.690 10.1: the shortest form only, so that what is read here is what every other program reads
  if (lengthOctets > 0 && (length < 0x80 || bytes[offset + 2] === 0)) throw new RangeError('a length is not in DER');
  if (start + length > bytes.length) throw new RangeError('the structure is cut off');
  return { tag, content: bytes.subarray(start, start + length), raw: bytes.subarray(offset, start + length) };
}

/** @throws RangeError where the element is not of this kind; the sentence names `what` was looked for. */
export function expectTag(value: DerValue | undefined, tag: number, what: string): DerValue {
  if (value?.tag === tag) return value;
  throw new RangeError(`${what} is missing or of the wrong kind`);
}

/** The dotted form of an object identifier. */
export function oidText({ content }: DerValue): string {
  const parts: number[] = [];
  let part = 0;
  if ((content.at(-1) ?? 0x80) >= 0x80) throw new RangeError('an object identifier is cut off');
  for (const octet of content) {
    part = part * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(part)) throw new RangeError('an object identifier is too long');
    if (octet >= 0x80) continue;
    if (parts.length === 0)
      parts.push(Math.min(2, Math.floor(part / 40)), part - 40 * Math.min(2, Math.floor(part / 40)));
    else parts.push(part);
    part = 0;
  }
  return parts.join('.');
}

/** UTCTime or GeneralizedTime (RFC 5280 4.1.2.5). @returns milliseconds since the epoch. */
export function timeMs({ tag, content }: DerValue): number {
  const text = content.toString('latin1');
  const century = tag === tags.utcTime ? (/^[0-4]/.test(text) ? '20' : '19') : '';
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text);
  const iso = match && `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}.000Z`;
  const ms = Date.parse(iso ?? '');
  const isTime = tag === tags.utcTime || tag === tags.generalizedTime;
  if (isTime && !Number.isNaN(ms) && new Date(ms).toISOString() === iso) return ms; // there is no 30 February
  throw new RangeError('a time is not written as RFC 5280 asks');
}

/** The text of a directory string; undefined for other elements. */
export function directoryText({ tag, content }: DerValue): string | undefined {
  if (tag === tags.utf8) return content.toString('utf8');
  if (tag === tags.printable || tag === tags.ia5 || tag === tags.teletex) return content.toString('latin1');
  if (tag === tags.bmp)
    return Buffer.from(content.subarray(0, content.length & ~1))
      .swap16()
      .toString('utf16le');
  return undefined;
}
