import { expect, test } from 'vitest';
import { StartError } from './errors.ts';
import { type Component, startInOrder, stopInReverse } from './lifecycle.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs

const part = (name: string, calls: string[], failures: { start?: Error; stop?: Error } = {}): Component => ({
  name,
  async start() {
    calls.push(`start ${name}`);
    if (failures.start !== undefined) throw failures.start;
  },
  async stop() {
    calls.push(`stop ${name}`);
    if (failures.stop !== undefined) throw failures.stop;
  },
});

test('parts start in order and stop in reverse', async () => {
  const calls: string[] = [];
  const parts = [part('a', calls), part('b', calls)];
  await startInOrder(parts, signal);
  expect(await stopInReverse(parts, signal)).toEqual([]);
  expect(calls).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

test('a part that does not start is stopped with those before it, and named', async () => {
  const calls: string[] = [];
  const parts = [
    part('a', calls, { stop: new Error('stuck') }),
    part('b', calls, { start: new Error('broken') }),
    part('c', calls),
  ];
  await expect(startInOrder(parts, signal)).rejects.toThrow('b did not start: broken; clean-up: stuck');
  expect(calls).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

test('an error that names its cause already is passed on as it is', async () => {
  const error = new StartError('port-in-use', 'listener x: in use');
  await expect(startInOrder([part('x', [], { start: error })], signal)).rejects.toBe(error);
});

test('a start that is aborted ends as such', async () => {
  await expect(startInOrder([part('a', [])], AbortSignal.abort())).rejects.toMatchObject({ code: 'start-aborted' });
});

test('one part that does not stop keeps none of the others from stopping', async () => {
  const calls: string[] = [];
  const failure = new Error('stuck');
  expect(await stopInReverse([part('a', calls), part('b', calls, { stop: failure })], signal)).toEqual([failure]);
  expect(calls).toEqual(['stop b', 'stop a']);
});
