import { crc32c } from './crc32c.ts';
import { type ProxyFault, type ProxyReading, type ProxySource, proxyFault } from './header.ts';
import { type Fields, readFields, tlsOf } from './version-2-fields.ts';

/** Larger ones are refused by their first 16 bytes; with names and a checksum they have some hundred. */
const longestVersion2 = 4_096;

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const fixedLength = 16;

export const beginsVersion2 = (bytes: Buffer): boolean => {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
};

const commands = { self: 0x20, relayed: 0x21 } as const;
const addressBytes = [0, 12, 36, 216] as const;
const families = { ipv4: 1, ipv6: 2 } as const;
const stream = 1;
const checksumField = 0x03;

/** Reads a binary header. @param bytes that begin like one */
export function readVersion2(bytes: Buffer): ProxyReading {
  if (bytes.length < fixedLength) return undefined;
  const command = bytes[12]!;
  const family = bytes[13]! >> 4;
  const transport = bytes[13]! & 0x0f;
  const length = fixedLength + bytes.readUInt16BE(14);
  if (command !== commands.self && command !== commands.relayed)
    return proxyFault(`has version and command 0x${command.toString(16)}, which are none`);
  const addresses = addressBytes[family];
  if (addresses === undefined || transport > 2)
    return proxyFault(`has address family and transport 0x${bytes[13]!.toString(16)}, which are none`);
  if (length > longestVersion2) return proxyFault(`has ${length} bytes; ${longestVersion2} are allowed`);
  if (length < fixedLength + addresses) return proxyFault('has no room for its addresses');
  if (bytes.length < length) return undefined;
  const fields = readFields(bytes.subarray(fixedLength + addresses, length));
  if ('kind' in fields) return fields;
  const fault = checksumFault(bytes.subarray(0, length), fields);
  if (fault !== undefined) return fault;
  if (command === commands.self) return { kind: 'header', length, source: { kind: 'self' }, tls: undefined };
  const tls = tlsOf(fields);
  if (tls !== undefined && 'kind' in tls) return tls;
  return { kind: 'header', length, source: sourceOf(bytes, family, transport), tls };
}

function sourceOf(bytes: Buffer, family: number, transport: number): ProxySource {
  if (transport !== stream) return { kind: 'unknown' };
  if (family === families.ipv4)
    return { kind: 'client', address: bytes.subarray(16, 20).join('.'), port: bytes.readUInt16BE(24) };
  if (family !== families.ipv6) return { kind: 'unknown' };
  return { kind: 'client', address: ipv6Of(bytes.subarray(16, 32)), port: bytes.readUInt16BE(48) };
}

/** In its usual form, and an IPv4 address as such. */
function ipv6Of(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return bytes.subarray(12).join('.');
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname.slice(1, -1);
}

/** Where there is one it has to be right. (PROXY protocol 2.2.3) */
function checksumFault(header: Buffer, fields: Fields): ProxyFault | undefined {
  const sum = fields.get(checksumField);
  if (sum === undefined) return undefined;
  if (sum.length !== 4) return proxyFault('has a checksum that is not 4 bytes long');
  const blank = Buffer.from(header);
  blank.fill(0, sum.byteOffset - header.byteOffset, sum.byteOffset - header.byteOffset + 4);
  return crc32c(blank) === sum.readUInt32BE(0) ? undefined : proxyFault('has a wrong checksum');
}
