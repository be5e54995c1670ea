import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { type RunningProgram, runProgram } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface NatsServerOptions {
  /** More lines for the configuration file. */
  readonly config?: string;
  readonly args?: readonly string[];
}

/** A real nats-server on a free port of 127.0.0.1. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it at once, without a goodbye. */
  kill(): Promise<void>;
  /** Starts it again on the same port, killing it first where it still runs. */
  restart(): Promise<void>;
  /** Stops it from doing anything while its sockets stay open, and the reverse. */
  freeze(): Promise<void>;
  thaw(): void;
}

export async function startNatsServer({ config = '', args = [] }: NatsServerOptions = {}): Promise<NatsServer> {
  const directory = await temporaryDirectory();
  const file = join(directory.path, 'nats.conf');
  const [port = 0] = await freePorts(1);
  await writeFile(file, `listen: "127.0.0.1:${port}"\n${config}\n`);
  const start = async (): Promise<RunningProgram> => {
    const program = runProgram('nats-server', ['-c', file, ...args]);
    const outcome = await Promise.race([program.stderr.waitFor(/Server is ready/), program.exited]);
    if (typeof outcome === 'string') return program;
    await program[Symbol.asyncDispose]();
    throw new Error(`nats-server did not start: ${program.stderr.text()}`);
  };
  let running = await start();
  const kill = async () => {
    await running[Symbol.asyncDispose]();
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    kill,
    async restart() {
      await kill();
      running = await start();
    },
    freeze: () => running.freeze(),
    thaw: () => running.thaw(),
    async [Symbol.asyncDispose]() {
      await kill();
      await directory[Symbol.asyncDispose]();
    },
  };
}
