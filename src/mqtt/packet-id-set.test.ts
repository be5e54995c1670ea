import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketIdSet } from './packet-id-set.ts';

const packetId = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 65_535 }));
const step = fc.record({ isAdded: fc.boolean(), packetId });

test('a set of packet identifiers holds what a Set holds', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ids = new PacketIdSet();
      const model = new Set<number>();
      for (const { isAdded, packetId: id } of steps) {
        if (isAdded) {
          ids.add(id);
          model.add(id);
        }
        expect([ids.has(id), isAdded || ids.delete(id)]).toEqual([model.has(id), isAdded || model.delete(id)]);
      }
      for (const { packetId: id } of steps) expect(ids.has(id)).toBe(model.has(id));
    }),
  );
});
