import { type PropertySet, type PropertyType, propertyOf } from '../../src/mqtt/property-table.ts';
import { binary, join, section, text, u16, u32, variable } from '../support/packet-bytes.ts';
import type { Random } from './random.ts';
import { topicOf } from './vocabulary.ts';

const types: readonly PropertyType[] = ['byte', 'twoByte', 'fourByte', 'variable', 'text', 'binary', 'pair'];

/** Every identifier that a byte can hold, those of no property included. */
const anyId = (random: Random): number => random.int(0x30);

const word = (random: Random): Buffer =>
  text(random.pick(['', 'a', 'reason', topicOf(random), 'é'.repeat(random.int(200))]));

const writers: Readonly<Record<PropertyType, (random: Random) => Buffer>> = {
  byte: (random) => join(random.chance(0.9) ? random.int(2) : random.int(256)),
  twoByte: (random) => u16(random.pick([0, 1, 2, 10, 32, 33, 1_024, 65_535])),
  fourByte: (random) => u32(random.pick([0, 1, 2, 5, 127, 4_096, 0xffff_fffe, 0xffff_ffff])),
  variable: (random) => variable(random.pick([0, 1, 127, 128, 16_384, 268_435_455])),
  text: word,
  binary: (random) => binary(random.bytes(random.int(24))),
  pair: (random) => join(word(random), word(random)),
};

/** How far from the standard a property section may be. */
export type Manners = 'good' | 'bad';

/**
 * A property section with its length.
 * @param allowed what a client may put there. With bad manners others come too, some twice, some written as another type.
 */
export function randomProperties(random: Random, allowed: PropertySet, manners: Manners): Buffer {
  const ids = Array.from({ length: 0x2b }, (_, id) => id).filter((id) => ((propertyOf(id)?.bit ?? 0) & allowed) !== 0);
  const chosen = ids.filter(() => random.chance(0.25));
  if (manners === 'bad')
    chosen.push(...random.many(0, 3, () => (random.chance(0.5) ? random.pick(ids) : anyId(random))));
  const written = chosen.map((id) => {
    const swapped = manners === 'bad' && random.chance(0.15);
    return join(id, writers[swapped ? random.pick(types) : (propertyOf(id)?.type ?? 'byte')](random));
  });
  return section(...written);
}
