import { setImmediate as turnEnd } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Outbox } from './outbox.ts';
import { Turn } from './turn.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('what is written in one turn leaves as one batch for each link, in order', async () => {
  const turn = new Turn();
  const batches: string[] = [];
  const [a, b] = ['a', 'b'].map(
    (name) =>
      new Outbox(
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
  const outbox = new Outbox(new Turn(), (batch) => void sent.push(batch.length));
  outbox.push(bytes('x'));
  outbox.flush();
  outbox.flush();
  expect(sent).toEqual([1]);
  await turnEnd();
  expect(sent).toEqual([1]);
});

test('what is written while a turn ends leaves at the end of the next', async () => {
  const turn = new Turn();
  const sent: string[] = [];
  const second = new Outbox(turn, () => void sent.push('second'));
  const first = new Outbox(turn, () => {
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
