import { dirname, resolve } from 'node:path';
import type { ServerExpectations } from '../pki/check/check-server.ts';
import type { ListenerOptions } from '../transport/schema.ts';
import type { NamedPair, OwnMaterial } from '../transport/tls/own-certificates.ts';
import { type PairFiles, type ReadPair, readPair, readText } from './listener-pair.ts';

/** The fields of a listener that name files of its own. */
export type ListenerFileOptions = Pick<
  ListenerOptions,
  'name' | 'certificate' | 'key' | 'alternative' | 'clientCa' | 'certificates'
>;

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

/** What the certificates of listeners are held to. @property names `certificates.names` */
export type ListenerFileChecks = Pick<ServerExpectations, 'now' | 'names'>;

type ServerNames = Omit<ServerExpectations, 'now'>;

/** @throws AppError naming listener, field and file: unreadable, damaged, expired, no server certificate, no pair. */
export async function readListenerFiles(
  listeners: readonly ListenerFileOptions[],
  checks: ListenerFileChecks,
): Promise<ListenerFiles> {
  const own = new Map<string, OwnMaterial>();
  const certificates = new Map<string, string>();
  const anchors: string[] = [];
  const warnings: string[] = [];
  for (const listener of listeners) {
    const { name, clientCa } = listener;
    const read = async (where: string, files: PairFiles, expected: ServerNames): Promise<ReadPair> => {
      const found = await readPair(`listener ${name}: ${where}`, files, { now: checks.now, ...expected });
      for (const [file, pem] of found.certificates) certificates.set(file, pem);
      warnings.push(...found.warnings);
      return found;
    };
    const { pair, alternative } = await read('', listener, { ...checks, setting: 'certificates.names', enough: 'one' });
    const ca = clientCa === undefined ? undefined : await readText(`listener ${name}: clientCa`, clientCa);
    if (clientCa !== undefined && ca !== undefined) {
      certificates.set(clientCa, ca);
      anchors.push(ca);
    }
    const named: NamedPair[] = [];
    for (const [index, one] of listener.certificates.entries()) {
      const { names } = one;
      const setting = `listeners[].certificates[${index}].names`;
      const found = await read(`certificates[${index}].`, one, { names: names ?? [], setting, enough: 'all' });
      if (found.pair !== undefined) named.push({ ...found.pair, names, ...alternativeOf(found) });
    }
    if (pair === undefined && alternative === undefined && ca === undefined && named.length === 0) continue;
    own.set(name, {
      named,
      ...(pair === undefined ? {} : { pair }),
      ...alternativeOf({ alternative }),
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

const alternativeOf = ({ alternative }: Pick<ReadPair, 'alternative'>): Pick<OwnMaterial, 'alternative'> =>
  alternative === undefined ? {} : { alternative };

/** Folders to watch for changes, absolute. */
export const listenerDirectories = (listeners: readonly ListenerFileOptions[]): readonly string[] => {
  const pairs = listeners.flatMap((listener): readonly PairFiles[] => [listener, ...listener.certificates]);
  const files = pairs
    .flatMap((pair): readonly PairFiles[] => [pair, ...(pair.alternative === undefined ? [] : [pair.alternative])])
    .flatMap(({ certificate, key }) => [certificate, key])
    .concat(listeners.map(({ clientCa }) => clientCa))
    .filter((file) => file !== undefined);
  return [...new Set(files.map((file) => dirname(resolve(file))))];
};
