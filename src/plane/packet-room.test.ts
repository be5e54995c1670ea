import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Turn } from './turn.ts';
import { TurnWriter } from './turn-writer.ts';

const acknowledgements = (packetIds: readonly number[]): Buffer =>
  Buffer.from(packetIds.flatMap((packetId) => [0x40, 2, packetId >> 8, packetId & 0xff]));

test('acknowledgements of several links leave with the packets around them, whole and in order, and stay as they are until they are sent', () => {
  const packetId = fc.integer({ min: 1, max: 65_535 });
  const frame = fc.uint8Array({ minLength: 1, maxLength: 5 }).map((bytes) => Buffer.from(bytes));
  const steps = fc.array(fc.tuple(fc.nat(2), fc.oneof(packetId, frame, fc.constant('flush' as const))), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, fc.nat(1_100), (list, before) => {
      const turn = new Turn();
      // another link has used up some of the memory, so that the next room begins somewhere among these
      for (let index = 0; index < before; index += 1) turn.room.write(0x40, 1);
      const links = [0, 1, 2].map(() => {
        const sent: Uint8Array[] = [];
        return { sent, wanted: [] as Buffer[], writer: new TurnWriter(turn, (batch) => void sent.push(...batch)) };
      });
      for (const [which, what] of list) {
        const { writer, wanted } = links[which]!;
        if (what === 'flush') writer.flush();
        else if (typeof what === 'number') writer.pushShort(0x40, what);
        else writer.push(what);
        if (what !== 'flush') wanted.push(typeof what === 'number' ? acknowledgements([what]) : what);
      }
      for (const { writer } of links) writer.flush();
      turn.stop();
      for (const { sent, wanted } of links) expect(Buffer.concat(sent)).toEqual(Buffer.concat(wanted));
    }),
  );
});

test('acknowledgements that follow one another leave as one piece', () => {
  const turn = new Turn();
  const sent: Uint8Array[] = [];
  const writer = new TurnWriter(turn, (batch) => void sent.push(...batch));
  for (const packetId of [1, 258, 65_535]) writer.pushShort(0x40, packetId);
  expect(writer.bytes).toBe(12);
  writer.flush();
  turn.stop();
  expect(sent).toEqual([acknowledgements([1, 258, 65_535])]);
});
