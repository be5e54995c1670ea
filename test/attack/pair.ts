import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface PairOptions {
  readonly url: string;
  /** Of the broker, so that time in which this machine gave it no processor can be told apart. */
  readonly brokerPid: number | undefined;
}

export interface PairReport {
  /** Messages that were due in the time of the attack. */
  readonly sent: number;
  /** Of those, how many arrived in that time, or no later after it than others may wait. */
  readonly arrived: number;
  /** Messages that did not arrive within half a minute after the attack. */
  readonly lost: number;
  /** Longest time from the moment a message was due to its arrival. */
  readonly worstMs: number;
  /** The same without what this machine did to broker and pair: time in which they were ready and had no processor. */
  readonly worstNetMs: number;
  readonly faults: readonly string[];
  /** When its faults were seen, and when the longest wait ended where it was too long, in milliseconds since 1970: where to look in a log. */
  readonly moments: readonly number[];
}

/** A well-behaved publisher and subscriber, in a process of their own so that the attacker's work does not delay them. */
export interface Pair extends AsyncDisposable {
  /** What was before does not count. */
  begin(): void;
  /** Sends no more until `begin`, and waits for what is under way. */
  end(): Promise<PairReport>;
}

/** @param program the built `pair-process.ts` */
export async function startPair(program: string, options: PairOptions): Promise<Pair> {
  const child = fork(program, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit').then(([code]: unknown[]) => {
    throw new Error(`the pair ended with exit code ${String(code)}`);
  });
  exited.catch(() => undefined); // it may end after it was asked for the last time
  const message = async (): Promise<unknown> => {
    const [value] = await Promise.race([once(child, 'message'), exited]);
    return value;
  };
  await message();
  return {
    begin: () => void child.send('begin'),
    async end() {
      const report = message();
      child.send('end');
      return (await report) as PairReport;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited.catch(() => undefined);
    },
  };
}
