import { join, u16, variable } from '../support/packet-bytes.ts';
import type { Random } from './random.ts';

/** Turns good bytes into bad ones; the bytes given stay as they are. */
type Mutation = (random: Random, bytes: Buffer) => Buffer;

const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) change(copy);
  return copy;
};

/** Where the body of a packet begins: behind its variable byte integer. */
function bodyOffset(bytes: Buffer): number {
  let offset = 1;
  while (offset < 4 && ((bytes[offset] ?? 0) & 0x80) !== 0) offset++;
  return Math.min(offset + 1, bytes.length);
}

const interesting = [0, 1, 2, 0x7f, 0x80, 0xc0, 0xed, 0xf5, 0xff];

const flipBit: Mutation = (random, bytes) =>
  changed(bytes, (copy) => {
    const index = random.int(copy.length);
    copy[index] = (copy[index] ?? 0) ^ (1 << random.int(8));
  });

const setByte: Mutation = (random, bytes) =>
  changed(bytes, (copy) => void (copy[random.int(copy.length)] = random.pick(interesting)));

/** The head carries the lengths and identifiers, so it is worth more tries than a payload. */
const setHeadByte: Mutation = (random, bytes) =>
  changed(bytes, (copy) => void (copy[random.int(Math.min(copy.length, 24))] = random.int(256)));

const cut: Mutation = (random, bytes) => bytes.subarray(0, random.int(bytes.length));

const insert: Mutation = (random, bytes) => {
  const at = random.int(bytes.length + 1);
  return join(bytes.subarray(0, at), random.bytes(random.between(1, 8)), bytes.subarray(at));
};

const remove: Mutation = (random, bytes) => {
  const at = random.int(bytes.length);
  return join(bytes.subarray(0, at), bytes.subarray(at + random.between(1, 4)));
};

const repeat: Mutation = (random, bytes) => {
  const from = random.int(bytes.length);
  const part = bytes.subarray(from, from + random.between(1, 16));
  return join(bytes.subarray(0, from), part, part, bytes.subarray(from));
};

/** A two byte length somewhere says something else. */
const lieOfText: Mutation = (random, bytes) =>
  changed(bytes, (copy) => u16(random.pick([0, 1, 0xff, 0x7fff, 0xffff])).copy(copy, random.int(copy.length)));

/** The remaining length says something else, in up to five bytes. */
const lieOfPacket: Mutation = (random, bytes) => {
  const length = bytes.length - bodyOffset(bytes);
  const said = random.pick([
    variable(0),
    variable(Math.max(0, length - 1)),
    variable(length + 1),
    variable(length + random.int(300)),
    variable(1_048_576),
    variable(268_435_455),
    Buffer.from([0x80, 0x80, 0x80, 0x80, 0x01]),
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0x80, 0x00]),
  ]);
  return join(bytes.subarray(0, 1), said, bytes.subarray(bodyOffset(bytes)));
};

/** The body is changed and the remaining length is right again: this passes the frame reader and meets the validator. */
const honest =
  (mutation: Mutation): Mutation =>
  (random, bytes) => {
    const body = mutation(random, bytes.subarray(bodyOffset(bytes)));
    return join(bytes.subarray(0, 1), variable(body.length), body);
  };

const otherFlags: Mutation = (random, bytes) =>
  changed(bytes, (copy) => void (copy[0] = ((copy[0] ?? 0) & 0xf0) | random.int(16)));

const otherType: Mutation = (random, bytes) =>
  changed(bytes, (copy) => void (copy[0] = ((copy[0] ?? 0) & 0x0f) | (random.int(16) << 4)));

const mutations: readonly (readonly [weight: number, mutation: Mutation])[] = [
  [3, flipBit],
  [2, setByte],
  [2, setHeadByte],
  [1, cut],
  [1, insert],
  [1, remove],
  [1, repeat],
  [1, lieOfText],
  [2, lieOfPacket],
  [1, otherFlags],
  [1, otherType],
  [4, honest(flipBit)],
  [3, honest(setHeadByte)],
  [3, honest(cut)],
  [3, honest(insert)],
  [3, honest(remove)],
  [3, honest(repeat)],
  [3, honest(lieOfText)],
];

/** One to three mutations after each other. */
export const mutate = (random: Random, bytes: Buffer): Buffer =>
  random.many(1, 3, () => random.weighted(mutations)).reduce((result, mutation) => mutation(random, result), bytes);

/** The beginning of one packet and the end of another. */
export const splice = (random: Random, left: Buffer, right: Buffer): Buffer =>
  join(left.subarray(0, random.int(left.length + 1)), right.subarray(random.int(right.length + 1)));
