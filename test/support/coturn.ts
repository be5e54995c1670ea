import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { runProgram } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Debian's coturn on this machine, which relays to this machine. */
export interface Coturn extends AsyncDisposable {
  readonly port: number;
}

/** @param config what `turnserver.conf` has beside addresses; a `listening-port` in it gives way to a free one */
export async function startCoturn(config: string): Promise<Coturn> {
  const directory = await temporaryDirectory();
  const [port = 0] = await freePorts(1);
  const file = join(directory.path, 'turnserver.conf');
  const local = `listening-port=${port}
listening-ip=127.0.0.1
relay-ip=127.0.0.1
allow-loopback-peers
no-tls
no-dtls
no-cli
log-file=stdout
simple-log
verbose
pidfile=${join(directory.path, 'pid')}
userdb=${join(directory.path, 'turndb')}
`;
  await writeFile(file, `${config.replace(/^listening-port=.*$/m, '')}\n${local}`);
  const program = runProgram('turnserver', ['-c', file], { cwd: directory.path });
  await Promise.race([
    program.stdout.waitFor(/SQLite DB connection success/),
    program.exited.then((code) => {
      throw new Error(`turnserver ended with ${code}: ${program.stdout.text()}${program.stderr.text()}`);
    }),
  ]);
  return {
    port,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
