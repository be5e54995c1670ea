import { contextTag, tags } from './der.ts';

/** One element: tag, length, content. */
export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = contents.length === 1 ? contents[0]! : Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

export const sequence = (...parts: readonly Buffer[]): Buffer => element(tags.sequence, ...parts);
export const set = (...parts: readonly Buffer[]): Buffer => element(tags.set, ...parts);
export const octets = (value: Buffer): Buffer => element(tags.octets, value);
export const derNull = (): Buffer => element(tags.nothing);
export const enumerated = (value: number): Buffer => element(tags.enumerated, Buffer.from([value]));
/** A bit string of whole octets. */
export const bits = (value: Buffer): Buffer => element(tags.bits, Buffer.from([0]), value);
export const explicit = (number: number, ...parts: readonly Buffer[]): Buffer =>
  element(contextTag(number, true), ...parts);
export const implicit = (number: number, content: Buffer): Buffer => element(contextTag(number, false), content);

/** A number that is not negative. @param value a safe integer, or hex digits of any length. */
export function integer(value: number | string): Buffer {
  const digits = (typeof value === 'number' ? value.toString(16) : value).replace(/^0+(?=.)/, '');
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return element(tags.integer, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));
}

/** @param dotted e.g. `2.5.29.20`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(tags.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(part: number): number[] {
  const octets = [part % 128];
  for (let rest = Math.floor(part / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128));
  return octets;
}

/** UTF-16, as PKCS#12 writes names. */
export const bmpString = (text: string): Buffer => element(tags.bmp, Buffer.from(text, 'utf16le').swap16());

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5). @param ms since the epoch; cut to seconds. */
export function time(ms: number): Buffer {
  const iso = new Date(ms).toISOString();
  const text = `${iso.slice(0, 19).replace(/[-:T]/g, '')}Z`;
  const isShort = ms < Date.UTC(2050, 0, 1) && ms >= Date.UTC(1950, 0, 1);
  return isShort
    ? element(tags.utcTime, Buffer.from(text.slice(2), 'latin1'))
    : element(tags.generalizedTime, Buffer.from(text, 'latin1'));
}
