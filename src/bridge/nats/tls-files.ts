import { readFile } from 'node:fs/promises';
import { messageOf, StartError } from '../../kernel/errors.ts';
import type { NatsTls } from './resolved-options.ts';

/** Reads the files once, so that a wrong path is told at the start and not by a connection that never comes. */
export async function checkTlsFiles(tls: NatsTls | undefined): Promise<void> {
  if (tls === undefined) return;
  const files = [
    ['certificate-unreadable', 'nats.tls.ca', tls.caFile],
    ['certificate-unreadable', 'nats.tls.cert', tls.certFile],
    ['key-unreadable', 'nats.tls.key', tls.keyFile],
  ] as const;
  for (const [code, field, path] of files) {
    if (path === undefined) continue;
    try {
      await readFile(path);
    } catch (cause) {
      throw new StartError(code, `${field}: ${path} cannot be read (${messageOf(cause)})`, { cause });
    }
  }
}
