import { crc32c } from '../../src/transport/proxy/crc32c.ts';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

export const field = (type: number, value: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 0xff]), bytes]);
};

/** The field of TLS. @param flags 1 TLS, 2 and 4 a certificate. @param verify 0: the proxy took it */
export const tlsField = (flags: number, verify: number, inner: readonly Buffer[]): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(verify, 1);
  return field(0x20, Buffer.concat([head, ...inner]));
};

/** A TLS connection whose client has shown a certificate with this name. */
export const certificateField = (commonName: string): Buffer =>
  tlsField(7, 0, [field(0x21, 'TLSv1.3'), field(0x22, commonName), field(0x23, 'TLS_AES_256_GCM_SHA384')]);

export interface Version2 {
  /** 0x20: of the proxy itself. */
  readonly command?: number;
  readonly family?: number;
  readonly addresses?: Uint8Array;
  readonly fields?: readonly Buffer[];
  readonly hasChecksum?: boolean;
}

/** IPv4 addresses and ports: from, to. */
export const ipv4 = (address: string, port = 51_000): Buffer =>
  Buffer.from([...address.split('.').map(Number), 198, 51, 100, 1, port >> 8, port & 0xff, 0x07, 0x5b]);

export function version2({
  command = 0x21,
  family = 0x11,
  addresses = ipv4('192.0.2.1'),
  fields = [],
  hasChecksum = false,
}: Version2 = {}): Buffer {
  const rest = Buffer.concat([addresses, ...fields, ...(hasChecksum ? [field(0x03, Buffer.alloc(4))] : [])]);
  const header = Buffer.concat([signature, Buffer.from([command, family, rest.length >> 8, rest.length & 0xff]), rest]);
  if (hasChecksum) header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

export const version1 = (address: string, port = 51_000): Buffer =>
  Buffer.from(
    address.includes(':')
      ? `PROXY TCP6 ${address} 2001:db8::1 ${port} 1883\r\n`
      : `PROXY TCP4 ${address} 198.51.100.1 ${port} 1883\r\n`,
  );
