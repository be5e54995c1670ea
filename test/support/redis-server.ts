import { freePorts } from './free-ports.ts';
import { type RunningProgram, runProgram } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface RedisServerOptions {
  /** `always`: what was answered survives kill -9. Left out: nothing is written to disk. */
  readonly appendonly?: 'always' | 'everysec';
  readonly args?: readonly string[];
}

/** A real redis-server on a free port of 127.0.0.1, with a directory of its own. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it at once, as kill -9 does. */
  kill(): Promise<void>;
  /** Starts it again on the same port and directory, killing it first where it still runs. */
  restart(): Promise<void>;
  /** Stops it from doing anything while its sockets stay open, and the reverse. */
  freeze(): Promise<void>;
  thaw(): void;
}

export async function startRedisServer({ appendonly, args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = await temporaryDirectory();
  const [port] = await freePorts(1);
  const durability = appendonly === undefined ? ['no'] : ['yes', '--appendfsync', appendonly];
  const options = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory.path, '--save', ''];
  const start = async (): Promise<RunningProgram> => {
    const program = runProgram('redis-server', [...options, '--appendonly', ...durability, ...args]);
    const outcome = await Promise.race([program.stdout.waitFor(/Ready to accept connections/), program.exited]);
    if (typeof outcome === 'string') return program;
    throw new Error(`redis-server did not start: ${program.stdout.text()}${program.stderr.text()}`);
  };
  let program = await start();
  const kill = async () => {
    await program[Symbol.asyncDispose]();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port: port!,
    kill,
    async restart() {
      await kill();
      program = await start();
    },
    freeze: () => program.freeze(),
    thaw: () => program.thaw(),
    async [Symbol.asyncDispose]() {
      await kill();
      await directory[Symbol.asyncDispose]();
    },
  };
}
