import { expect, test } from 'vitest';
import { atOnce, Live, type Prepared, takeOver } from './prepared.ts';

const running = (): AbortSignal => new AbortController().signal;

function recorded() {
  const calls: string[] = [];
  const part = (name: string, ended = Promise.resolve()): Prepared => ({
    commit() {
      calls.push(`commit ${name}`);
      return ended;
    },
    cancel: () => void calls.push(`cancel ${name}`),
  });
  return { calls, part };
}

test('changes are put in place together, once all of them are ready', async () => {
  const { calls, part } = recorded();
  const failures = await takeOver(
    [() => part('a'), () => Promise.resolve(part('b'))].map((make) => () => {
      calls.push('prepare');
      return make();
    }),
    running(),
    running(),
  );
  expect(calls).toEqual(['prepare', 'prepare', 'commit a', 'commit b']);
  expect(failures).toEqual([]);
});

test('where one cannot be made ready, those before it are given back in reverse and nothing changes', async () => {
  const { calls, part } = recorded();
  const fails = (): Promise<Prepared> => Promise.reject(new Error('no room'));
  await expect(takeOver([() => part('a'), () => part('b'), fails], running(), running())).rejects.toThrow('no room');
  expect(calls).toEqual(['cancel b', 'cancel a']);
});

test('a program that stops changes nothing any more', async () => {
  const { calls, part } = recorded();
  const stop = new AbortController();
  const stopping = () => {
    stop.abort(new Error('it stops'));
    return part('a');
  };
  await expect(takeOver([stopping], stop.signal, running())).rejects.toThrow('it stops');
  expect(calls).toEqual(['cancel a']);
});

test('an old part that does not end well is told of, and the new ones run', async () => {
  const { part } = recorded();
  const live = new Live(1);
  const failure = new Error('it hangs');
  const failures = await takeOver(
    [() => part('a', Promise.reject(failure)), () => live.prepare(2), () => atOnce(() => undefined)],
    running(),
    running(),
  );
  expect(failures).toEqual([failure]);
  expect(live.current).toBe(2);
});
