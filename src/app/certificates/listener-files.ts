import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '../../config/secrets.ts';
import { AppError } from '../../kernel/errors.ts';
import type { NamedPair, OwnMaterial, ServerPair } from '../../transport/own-certificates.ts';
import type { ListenerOptions } from '../../transport/schema.ts';

/** The fields of a listener that name files of its own. */
export type ListenerFileOptions = Pick<ListenerOptions, 'name' | 'certificate' | 'key' | 'clientCa' | 'certificates'>;

/** What listeners have of their own, read at once, so that it is swapped together with the common material. */
export interface ListenerFiles {
  /** By the name of the listener; of those that have something. */
  readonly own: ReadonlyMap<string, OwnMaterial>;
  /** Files with certificates, by their path as configured. */
  readonly certificates: readonly { readonly file: string; readonly pem: string }[];
  /** PEM of all trust anchors, one after the other. */
  readonly anchors: string;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
}

export const noListenerFiles: ListenerFiles = { own: new Map(), certificates: [], anchors: '', warnings: [] };

/** @throws AppError `certificate-unreadable`, naming listener, field and file. */
export async function readListenerFiles(listeners: readonly ListenerFileOptions[]): Promise<ListenerFiles> {
  const own = new Map<string, OwnMaterial>();
  const certificates = new Map<string, string>();
  const anchors: string[] = [];
  const warnings: string[] = [];
  for (const { name, certificate, key, clientCa, certificates: more } of listeners) {
    const read = (field: string, file: string): Promise<string> => readText(`listener ${name}: ${field}`, file);
    const pairOf = async (cert: string, key: string, path = ''): Promise<ServerPair> => {
      const pair = { cert: await read(`${path}certificate`, cert), key: await read(`${path}key`, key) };
      certificates.set(cert, pair.cert);
      if (((await stat(key)).mode & 0o077) !== 0)
        warnings.push(`${key} can be read by other users of this machine; run: chmod 600 ${key}`);
      return pair;
    };
    const pair = certificate === undefined || key === undefined ? undefined : await pairOf(certificate, key);
    const ca = clientCa === undefined ? undefined : await read('clientCa', clientCa);
    if (clientCa !== undefined && ca !== undefined) {
      certificates.set(clientCa, ca);
      anchors.push(ca);
    }
    const named: NamedPair[] = [];
    for (const [index, one] of more.entries())
      named.push({ ...(await pairOf(one.certificate, one.key, `certificates[${index}].`)), names: one.names });
    if (pair === undefined && ca === undefined && named.length === 0) continue;
    own.set(name, {
      named,
      ...(pair === undefined ? {} : { pair }),
      ...(ca === undefined ? {} : { clientCa: ca }),
    });
  }
  return {
    own,
    certificates: Array.from(certificates, ([file, pem]) => ({ file, pem })),
    anchors: anchors.join('\n'),
    warnings,
  };
}

/** Folders to watch for changes, absolute. */
export const listenerDirectories = (listeners: readonly ListenerFileOptions[]): readonly string[] => {
  const files = listeners.flatMap(({ certificate, key, clientCa, certificates }) => [
    ...[certificate, key, clientCa].filter((file) => file !== undefined),
    ...certificates.flatMap((one) => [one.certificate, one.key]),
  ]);
  return [...new Set(files.map((file) => dirname(resolve(file))))];
};

async function readText(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError(
      'certificate-unreadable',
      `${what}: ${file} cannot be read: ${reasonOf(cause)}; name another file, or leave it out for the one in the folder of certificates`,
      { cause },
    );
  }
}
