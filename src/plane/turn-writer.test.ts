import { setImmediate as turnEnd } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Turn } from './turn.ts';
import { TurnWriter } from './turn-writer.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('what is written in one turn leaves as one batch for each link, in order', async () => {
  const turn = new Turn();
  const batches: string[] = [];
  const [a, b] = ['a', 'b'].map(
    (name) =>
      new TurnWriter(
        turn,
        (batch) => void batches.push(`${name}:${batch.map((data) => Buffer.from(data).toString()).join('|')}`),
      ),
  );
  a?.push(bytes('1'));
  b?.push(bytes('2'));
  a?.push(bytes('3'));
  expect(a?.bytes).toBe(2);
  expect(batches).toEqual([]);
  await turnEnd();
  expect(batches).toEqual(['a:1|3', 'b:2']);
  expect(a?.bytes).toBe(0);
});

test('flush sends at once, and the end of the turn sends nothing again', async () => {
  const sent: number[] = [];
  const writer = new TurnWriter(new Turn(), (batch) => void sent.push(batch.length));
  writer.push(bytes('x'));
  writer.flush();
  writer.flush();
  expect(sent).toEqual([1]);
  await turnEnd();
  expect(sent).toEqual([1]);
});

test('what is written while a turn ends leaves at the end of the next', async () => {
  const turn = new Turn();
  const sent: string[] = [];
  const second = new TurnWriter(turn, () => void sent.push('second'));
  const first = new TurnWriter(turn, () => {
    sent.push('first');
    second.push(bytes('y'));
  });
  first.push(bytes('x'));
  await turnEnd();
  await turnEnd();
  expect(sent).toEqual(['first', 'second']);
});

test('a turn that is stopped sends nothing, and serves again afterwards', async () => {
  const turn = new Turn();
  const sent: string[] = [];
  turn.add({ flush: () => void sent.push('before') });
  turn.stop();
  await turnEnd();
  expect(sent).toEqual([]);
  turn.add({ flush: () => void sent.push('after') });
  await turnEnd();
  expect(sent).toEqual(['after']);
});

test('pieces of one chunk that lie behind one another leave as one, without a copy', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(1), fc.nat(9), fc.nat(9)), { maxLength: 30 }),
      fc.boolean(),
      (pieces, follows) => {
        const chunks = [Buffer.from('0123456789'), Buffer.from('abcdefghij')].map((chunk) => Uint8Array.from(chunk));
        const sent: Uint8Array[] = [];
        const writer = new TurnWriter(new Turn(), (batch) => void sent.push(...batch));
        let at = 0;
        const written = pieces.map(([which, start, length]) => {
          const from = follows ? at : start;
          const piece = chunks[follows ? 0 : which]!.subarray(from, from + length);
          at = (from + piece.length) % 10;
          return piece;
        });
        for (const piece of written) writer.push(piece);
        expect(writer.bytes).toBe(Buffer.concat(written).length);
        writer.flush();
        expect(Buffer.concat(sent)).toEqual(Buffer.concat(written));
        for (const { buffer } of sent) expect(chunks.some((chunk) => chunk.buffer === buffer)).toBe(true);
      },
    ),
  );
  const chunk = Uint8Array.from([1, 2, 3, 4]);
  const sent: number[][] = [];
  const writer = new TurnWriter(new Turn(), (batch) => void sent.push(...batch.map((data) => [...data])));
  for (const [from, to] of [
    [0, 1],
    [1, 3],
    [0, 2],
    [2, 4],
  ])
    writer.push(chunk.subarray(from, to));
  writer.flush();
  expect(sent).toEqual([
    [1, 2, 3],
    [1, 2, 3, 4],
  ]);
});
