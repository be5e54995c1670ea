import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { runProgram } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Debian's nginx as a proxy on this machine. */
export interface Nginx extends AsyncDisposable {
  readonly port: number;
}

/** @param locations what stands in its `server` block */
export async function startNginx(locations: string): Promise<Nginx> {
  const directory = await temporaryDirectory();
  const [port = 0] = await freePorts(1);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`);
  const config = `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    error_log stderr notice;
    events {}
    http {
      access_log off;
      ${temporary.join('\n')}
      server {
        listen 127.0.0.1:${port};
        ${locations}
      }
    }`;
  await writeFile(join(directory.path, 'nginx.conf'), config);
  const path = `${process.env['PATH']}:/usr/sbin`; // where Debian has it, and few users look
  const args = ['-p', directory.path, '-c', 'nginx.conf', '-e', 'stderr'];
  const program = runProgram('nginx', args, { env: { PATH: path } });
  await Promise.race([
    program.stderr.waitFor(/start worker process \d+/),
    program.exited.then((code) => {
      throw new Error(`nginx ended with ${code}: ${program.stderr.text()}`);
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
