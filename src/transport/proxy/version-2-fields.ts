import { isPrintable, printable } from '../../kernel/printable.ts';
import { type ProxyFault, type ProxyTls, proxyFault } from './header.ts';

/** Type to value; of a type that is there twice the last. */
export type Fields = ReadonlyMap<number, Buffer>;

const types = { authority: 0x02, tls: 0x20 } as const;
const tlsTypes = { version: 0x21, commonName: 0x22, cipher: 0x23 } as const;
/** In the first byte of the field of TLS: the client speaks it, and showed a certificate now or earlier in the session. */
const isTls = 0x01;
const hasCertificate = 0x06;

/** Each: one byte of type, two of length, the value. (PROXY protocol 2.2) */
export function readFields(bytes: Buffer): Fields | ProxyFault {
  const fields = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const end = at + 3 <= bytes.length ? at + 3 + bytes.readUInt16BE(at + 1) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return proxyFault('has a field that is cut short');
    fields.set(bytes[at]!, bytes.subarray(at + 3, end));
    at = end;
  }
  return fields;
}

/** What the proxy says of TLS; undefined where the client came without. */
export function tlsOf(fields: Fields): ProxyTls | ProxyFault | undefined {
  const value = fields.get(types.tls);
  if (value === undefined) return undefined;
  if (value.length < 5) return proxyFault('has a field of TLS that is cut short');
  const flags = value[0]!;
  if ((flags & isTls) === 0) return undefined;
  const inner = readFields(value.subarray(5));
  if ('kind' in inner) return inner;
  const isVerified = (flags & hasCertificate) !== 0 && value.readUInt32BE(1) === 0;
  return {
    version: shownText(inner.get(tlsTypes.version)) ?? 'unknown',
    cipher: shownText(inner.get(tlsTypes.cipher)) ?? 'unknown',
    servername: shownText(fields.get(types.authority)),
    commonName: isVerified ? nameIn(inner.get(tlsTypes.commonName)) : undefined,
  };
}

/** For the log. */
const shownText = (value: Buffer | undefined): string | undefined =>
  value === undefined || value.length === 0 ? undefined : printable(value.toString());

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** To know a client by: no name is better than a wrong one. */
function nameIn(value: Buffer | undefined): string | undefined {
  if (value === undefined || value.length === 0) return undefined;
  try {
    const name = utf8.decode(value);
    return isPrintable(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
