import type { Random } from './random.ts';

/** Few client ids, so that sessions are taken over and resumed; some are names that objects have already. */
const clientIds = [
  ...Array.from({ length: 24 }, (_, index) => `fuzz-${index}`),
  'constructor',
  '__proto__',
  'toString',
  'a/+/#',
  '',
];

/** Few topics, so that publishers meet subscribers; `signal/` is bridged to NATS. */
const topics = [
  'fuzz/a',
  'fuzz/a/b',
  'fuzz/b/c/d',
  'fuzz//e',
  'fuzz/ä/€/😀',
  'fuzz/with space',
  '/fuzz',
  'fuzz/',
  'fuzz/toString',
  'fuzz/__proto__',
  'signal/fuzz/a',
  'signal/fuzz/a.b/*',
  '$fuzz/hidden',
  `fuzz/${'deep/'.repeat(60)}`,
];

const filters = [
  ...topics.slice(0, 8),
  '#',
  'fuzz/#',
  'fuzz/+',
  '+/a',
  '+/+/b',
  '/+',
  'signal/#',
  '$fuzz/#',
  '$share/group/fuzz/#',
  '$share/group/fuzz/+',
  '$share/other/#',
];

const badTexts = ['a#', 'a/#/b', '+a', '#/a', '$share/', '$share/g', '$share//a', '$share/+/a', 'a\0b', '', '\uFFFF'];

export const clientIdOf = (random: Random): string => random.pick(clientIds);
export const topicOf = (random: Random): string => random.pick(topics);
export const filterOf = (random: Random): string => random.pick(random.chance(0.05) ? badTexts : filters);

/** Mostly short, now and then long. */
export function payloadOf(random: Random): Buffer {
  const length = random.weighted([
    [8, random.int(32)],
    [3, random.int(2_000)],
    [1, random.int(70_000)],
  ]);
  return Buffer.alloc(length, random.pick(['x', 'payload ', '\0', 'ÿ']));
}

/** Small, so that they meet; now and then the ends of the range. */
export const packetIdOf = (random: Random): number =>
  random.chance(0.03) ? random.pick([0, 65_535]) : random.between(1, 12);
