import { PassThrough, Readable, Writable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';
import { systemClock } from '../../src/kernel/clock.ts';

/** A world for one command: what it reads is given, what it writes is kept. */
export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly exitCode: () => number;
  signal(name: NodeJS.Signals): void;
}

export interface FakeIoOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Called with every piece of standard error, to act when something was said. */
  readonly onError?: (text: string) => void;
}

export function fakeIo({ env = {}, cwd = '/nowhere', input, onError }: FakeIoOptions = {}): FakeIo {
  const written = { out: '', err: '' };
  const listeners = new Map<NodeJS.Signals, Set<() => void>>();
  let exitCode = 0;
  const stream = (name: 'out' | 'err', listener?: (text: string) => void): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        listener?.(chunk.toString());
        done();
      },
    });
  return {
    clock: systemClock,
    stdin: input === undefined ? new PassThrough() : Readable.from([Buffer.from(input)]),
    stdout: stream('out'),
    stderr: stream('err', onError),
    env,
    cwd,
    out: () => written.out,
    err: () => written.err,
    exitCode: () => exitCode,
    setExitCode(code) {
      exitCode = code;
    },
    onSignal(name, listener) {
      const own = listeners.get(name) ?? new Set();
      listeners.set(name, own.add(listener));
      return () => own.delete(listener);
    },
    signal(name) {
      for (const listener of listeners.get(name) ?? []) listener();
    },
  };
}
