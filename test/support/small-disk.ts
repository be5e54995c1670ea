import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../src/kernel/errors.ts';
import { runToEnd } from './run-program.ts';
import type { ServingBroker } from './serving.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A folder whose disk can be made full, and have room again, while a broker uses it. */
export interface SmallDisk extends AsyncDisposable {
  readonly directory: string;
  /** For the process of the broker. */
  readonly env: NodeJS.ProcessEnv;
  fill(broker: ServingBroker): Promise<void>;
  free(broker: ServingBroker): Promise<void>;
}

/** A disk of its own, in memory. @param megabytes its size. @returns undefined where the system lets nobody mount */
export async function tmpfsDisk(megabytes: number): Promise<SmallDisk | undefined> {
  const directory = await temporaryDirectory();
  const { code } = await runToEnd('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory.path]);
  if (code !== 0) {
    await directory[Symbol.asyncDispose]();
    return undefined;
  }
  const ballast = join(directory.path, 'ballast');
  return {
    directory: directory.path,
    env: {},
    fill: () => writeUntilFull(ballast),
    free: () => rm(ballast),
    async [Symbol.asyncDispose]() {
      await runToEnd('umount', ['--lazy', directory.path]);
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function writeUntilFull(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const bytes of [1_048_576, 4_096]) {
      const block = Buffer.alloc(bytes);
      let isFull = false;
      while (!isFull)
        await handle.write(block).then(
          ({ bytesWritten }) => (isFull = bytesWritten < bytes),
          (cause: unknown) => {
            if (systemCode(cause) !== 'ENOSPC') throw cause;
            isFull = true;
          },
        );
    }
  } finally {
    await handle.close();
  }
}

/** No disk of its own: the data file may not grow, which every system lets a process have done to it. */
export async function limitedDisk(): Promise<SmallDisk> {
  const directory = await temporaryDirectory();
  const ignoring = join(directory.path, 'ignore-signal.cjs');
  await writeFile(ignoring, "process.on('SIGXFSZ', () => undefined); // so that a write fails instead\n");
  const limit = async (broker: ServingBroker, bytes: string): Promise<void> => {
    const pid = String(broker.program.process.pid);
    const { code, stderr } = await runToEnd('prlimit', ['--pid', pid, `--fsize=${bytes}:unlimited`]);
    if (code !== 0) throw new Error(`prlimit: ${stderr}`);
  };
  return {
    directory: join(directory.path, 'data'),
    env: { NODE_OPTIONS: `--require ${ignoring}` },
    fill: async (broker) => limit(broker, String((await stat(join(directory.path, 'data', 'data.mdb'))).size)),
    free: (broker) => limit(broker, 'unlimited'),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
