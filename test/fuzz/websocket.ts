import { join, u16 } from '../support/packet-bytes.ts';
import { mutate } from './mutate.ts';
import type { Manners } from './properties.ts';
import type { Random } from './random.ts';

/** Opcodes. [RFC 6455 11.8] */
const continuation = 0;
const textOpcode = 1;
const binaryOpcode = 2;
const close = 8;
const ping = 9;
const pong = 10;

interface Frame {
  readonly opcode: number;
  readonly data: Buffer;
  readonly isFinal?: boolean;
  /** Bits 6 to 4 of the first byte, which no extension of ours uses. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** What the header says; left out: the truth. */
  readonly length?: number;
}

function lengthBytes(length: number, mask: number): Buffer {
  if (length < 126) return join(mask | length);
  if (length < 65_536) return join(mask | 126, u16(length));
  const wide = Buffer.alloc(8);
  wide.writeBigUInt64BE(BigInt(length));
  return join(mask | 127, wide);
}

function write(random: Random, { opcode, data, isFinal = true, reserved = 0, isMasked = true, length }: Frame): Buffer {
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const header = join(first, lengthBytes(length ?? data.length, isMasked ? 0x80 : 0));
  if (!isMasked) return join(header, data);
  const key = random.bytes(4);
  return join(header, key, Buffer.from(data.map((byte, index) => byte ^ (key[index % 4] ?? 0))));
}

/** Cuts bytes at chosen places; the parts are all there and in order. */
export function cutUp(random: Random, data: Buffer): Buffer[] {
  if (data.length < 2) return [data];
  const step = random.pick([1, random.between(1, 8), random.between(1, data.length)]);
  const least = Math.max(step, Math.ceil(data.length / 400)); // bounds the number of writes
  const parts: Buffer[] = [];
  for (let from = 0; from < data.length; from += least) parts.push(data.subarray(from, from + least));
  return parts;
}

const control = (random: Random): Frame => ({ opcode: random.pick([ping, pong]), data: random.bytes(random.int(126)) });

/** One message in several frames, control frames between them. [RFC 6455 5.4] */
function fragments(random: Random, data: Buffer): Frame[] {
  const parts = cutUp(random, data);
  return parts.flatMap((part, index) => {
    const frame = {
      opcode: index === 0 ? binaryOpcode : continuation,
      data: part,
      isFinal: index === parts.length - 1,
    };
    return random.chance(0.1) ? [control(random), frame] : [frame];
  });
}

const goodFrames = (random: Random, data: Buffer): Frame[] =>
  random.pick([
    () => [{ opcode: binaryOpcode, data }],
    () => fragments(random, data),
    () => cutUp(random, data).map((part) => ({ opcode: binaryOpcode, data: part })),
    () => [control(random), { opcode: binaryOpcode, data }],
  ])();

/** Something that a server must refuse or survive. */
const badFrame = (random: Random, data: Buffer): Frame =>
  random.pick<Frame>([
    { opcode: textOpcode, data },
    { opcode: textOpcode, data: random.bytes(20) },
    { opcode: binaryOpcode, data, isMasked: false },
    { opcode: binaryOpcode, data, reserved: random.between(1, 7) },
    { opcode: random.between(3, 15), data },
    { opcode: continuation, data },
    { opcode: binaryOpcode, data, isFinal: false },
    { opcode: ping, data: Buffer.alloc(random.between(126, 2_000), 1) },
    { opcode: ping, data: random.bytes(4), isFinal: false },
    { opcode: close, data: random.bytes(random.int(6)) },
    { opcode: close, data: join(u16(random.pick([0, 999, 1_000, 1_005, 1_015, 2_999, 4_999])), random.bytes(3)) },
    { opcode: binaryOpcode, data, length: data.length + random.between(1, 100) },
    { opcode: binaryOpcode, data, length: 0xffff_ffff_ffff },
    { opcode: binaryOpcode, data, length: Math.max(0, data.length - 1) },
    { opcode: binaryOpcode, data: Buffer.alloc(0) },
  ]);

/** MQTT bytes as frames. With bad manners some are wrong, and after those the rest is noise to the broker. */
export function toFrames(random: Random, data: Buffer, manners: Manners): Buffer {
  const frames = goodFrames(random, data);
  if (manners === 'bad') frames.splice(random.int(frames.length + 1), 0, badFrame(random, data));
  return join(...frames.map((frame) => write(random, frame)));
}

const goodHeaders = [
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: mqtt',
] as const;

const oddHeaders = [
  'Sec-WebSocket-Protocol: chat',
  'Sec-WebSocket-Protocol: mqttv3.1, mqtt',
  'Sec-WebSocket-Version: 12',
  'Sec-WebSocket-Key: short',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  'Upgrade: h2c',
  'Connection: keep-alive',
  'Content-Length: 10',
  'Content-Length: -1',
  'Transfer-Encoding: chunked',
  'Expect: 100-continue',
  'Origin: https://elsewhere.example',
  `X-Long: ${'a'.repeat(20_000)}`,
  ': no name',
  'no colon',
] as const;

export const upgradeRequest = (): Buffer => Buffer.from(`GET /mqtt HTTP/1.1\r\n${goodHeaders.join('\r\n')}\r\n\r\n`);

/** A request of any kind: to upgrade, for a page, or for nothing there is. */
export function oddRequest(random: Random): Buffer {
  const method = random.pick(['GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'PUT', 'BREW', 'get']);
  const path = random.pick(['/mqtt', '/', '/healthz', '/metrics', '/api/v1/console', '/../../etc/passwd', '/%00', '*']);
  const version = random.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 ']);
  const headers = goodHeaders.filter(() => random.chance(0.8)).map(String);
  headers.splice(random.int(headers.length), 0, ...random.many(0, 3, () => random.pick(oddHeaders)));
  const request = Buffer.from(`${method} ${path} ${version}\r\n${headers.join('\r\n')}\r\n\r\n`);
  return random.chance(0.4) ? mutate(random, request) : request;
}
