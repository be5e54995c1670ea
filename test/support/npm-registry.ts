import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runToEnd } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A package registry on loopback that holds one package with a program `bin/node`. */
export interface NpmRegistry extends AsyncDisposable {
  /** For npm: this registry, and a cache of its own. */
  readonly env: NodeJS.ProcessEnv;
  readonly integrity: string;
  /** How often the package was downloaded. */
  downloads(): number;
}

/** @param script the program, for a shell. */
export async function startNpmRegistry(name: string, version: string, script: string): Promise<NpmRegistry> {
  const directory = await temporaryDirectory();
  const tarball = await pack(directory.path, name, version, script);
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  let downloads = 0;
  const server = createServer(({ url = '' }, response) => {
    if (url.endsWith('.tgz')) {
      downloads += 1;
      response.end(tarball);
      return;
    }
    const dist = { integrity, tarball: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}.tgz` };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { name, version, dist } } }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const env = {
    npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    npm_config_cache: join(directory.path, 'cache'),
    npm_config_fetch_retries: '0',
  };
  return {
    env,
    integrity,
    downloads: () => downloads,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function pack(directory: string, name: string, version: string, script: string): Promise<Buffer> {
  const program = join(directory, 'package', 'bin', 'node');
  await mkdir(join(directory, 'package', 'bin'), { recursive: true });
  await writeFile(join(directory, 'package', 'package.json'), JSON.stringify({ name, version }));
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  const file = join(directory, 'package.tgz');
  expectOk(await runToEnd('tar', ['-czf', file, '-C', directory, 'package']));
  return readFile(file);
}

function expectOk({ code, stderr }: { code: number | null; stderr: string }): void {
  if (code !== 0) throw new Error(`tar ended with ${code}: ${stderr}`);
}
