import { expect, test } from 'vitest';
import { ConnectTurns } from './connect-turns.ts';

test('one CONNECT of a client id is worked on at a time; of those that wait the newest of each owner is next', async () => {
  const turns = new ConnectTurns();
  const order: string[] = [];
  const take = async (name: string, owner: string): Promise<void> => {
    const leave = await turns.take('a', () => owner);
    order.push(leave === undefined ? `${name} gave way` : name);
    leave?.();
  };
  const leave = await turns.take('a', () => 'alice');
  const waiting = [take('1', 'alice'), take('2', 'bob'), take('3', 'alice'), take('4', 'alice')];
  expect(turns.isTaken('a')).toBe(true);
  expect(await turns.take('b', () => 'alice')).toBeDefined();
  leave?.();
  await Promise.all(waiting);
  expect(order).toEqual(['1 gave way', '3 gave way', '4', '2']);
  expect(turns.isTaken('a')).toBe(false);
});
