import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  freeze(): void;
  thaw(): void;
}

export async function startNatsServer({ config = '', args = [] }: NatsServerOptions = {}): Promise<NatsServer> {
  const directory = await temporaryDirectory();
  const file = join(directory.path, 'nats.conf');
  const start = async (listenPort: number): Promise<{ program: RunningProgram; port: number }> => {
    await writeFile(file, `listen: "127.0.0.1:${listenPort}"\n${config}\n`);
    const program = runProgram('nats-server', ['-c', file, ...args]);
    const outcome = await Promise.race([program.stderr.waitFor(/Server is ready/), program.exited]);
    const [, found] = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(program.stderr.text()) ?? [];
    if (typeof outcome === 'string' && found !== undefined) return { program, port: Number(found) };
    await program[Symbol.asyncDispose]();
    throw new Error(`nats-server did not start: ${program.stderr.text()}`);
  };
  let running = await start(-1);
  const { port } = running;
  const kill = async () => {
    await running.program[Symbol.asyncDispose]();
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    kill,
    async restart() {
      await kill();
      running = await start(port);
    },
    freeze: () => void running.program.process.kill('SIGSTOP'),
    thaw: () => void running.program.process.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await kill();
      await directory[Symbol.asyncDispose]();
    },
  };
}
