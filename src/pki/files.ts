import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StartError, systemCode } from '../kernel/errors.ts';

/** The files of the certificates directory, in the order in which they are made: a key before its certificate. */
export const fileNames = [
  'root-ca.key',
  'root-ca.pem',
  'intermediate-ca.key',
  'intermediate-ca.pem',
  'ca-chain.pem',
  'server.key',
  'server.pem',
  'client-demo.key',
  'client-demo.pem',
  'client-demo.p12',
] as const;
export type FileName = (typeof fileNames)[number];

export interface FileContent {
  readonly bytes: Buffer;
  /** Permission bits, e.g. 0o600; undefined where they mean nothing, as on Windows. */
  readonly mode: number | undefined;
}

/** What stands in a certificates directory. */
export interface Folder {
  readonly directory: string;
  readonly has: (name: FileName) => boolean;
  readonly text: (name: FileName) => string | undefined;
  readonly mode: (name: FileName) => number | undefined;
  /** Absolute path, for messages. */
  readonly path: (name: FileName) => string;
}

/** @param directory absolute path. */
function folderOf(directory: string, files: ReadonlyMap<FileName, FileContent>): Folder {
  return {
    directory,
    has: (name) => files.has(name),
    text: (name) => files.get(name)?.bytes.toString('utf8'),
    mode: (name) => files.get(name)?.mode,
    path: (name) => join(directory, name),
  };
}

/** The folder as it will be once these files are written. */
export function withFiles(folder: Folder, added: readonly (readonly [FileName, Buffer])[]): Folder {
  const files = new Map(added);
  return {
    ...folder,
    has: (name) => files.has(name) || folder.has(name),
    text: (name) => files.get(name)?.toString('utf8') ?? folder.text(name),
  };
}

/** Reads one file. @returns undefined where there is none. @throws a system error where it cannot be read. */
export type ReadFile = (path: string) => Promise<FileContent | undefined>;

/** Larger files are no certificates; a limit keeps a mistaken path from filling the memory. */
const maxFileBytes = 1_048_576;

/** A revocation list has some 40 bytes for each certificate that was revoked. */
const maxCrlBytes = 33_554_432;

export const readFileContent: ReadFile = (path) => readUpTo(path, maxFileBytes);
/** The same for files that grow with the number of certificates. */
export const readLargeFile: ReadFile = (path) => readUpTo(path, maxCrlBytes);

async function readUpTo(path: string, maxBytes: number): Promise<FileContent | undefined> {
  // Not to be blocked by a pipe of this name
  const flags = process.platform === 'win32' ? 'r' : constants.O_RDONLY | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw cause;
  });
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'it is a folder' : 'it is no regular file');
    if (stats.size > maxBytes) throw new Error(`it has ${stats.size} bytes; at most ${maxBytes} are read`);
    const mode = process.platform === 'win32' ? undefined : stats.mode & 0o777;
    return { bytes: await file.readFile(), mode };
  } finally {
    await file.close();
  }
}

/**
 * Reads every known file of the directory, the one that is made last first: where another process makes them at this
 * moment, what is seen is then what stood there at some point of its work, never a certificate without its key.
 * @throws StartError that names the file that cannot be read.
 */
export async function readFolder(directory: string, read: ReadFile): Promise<Folder> {
  const files = new Map<FileName, FileContent>();
  for (const name of fileNames.toReversed()) {
    const content = await readNamed(join(directory, name), name, read);
    if (content !== undefined) files.set(name, content);
  }
  return folderOf(directory, files);
}

async function readNamed(path: string, name: FileName, read: ReadFile): Promise<FileContent | undefined> {
  try {
    return await read(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOTDIR')
      throw new StartError(
        'certificate-unreadable',
        `${path}: its folder is a file; set certificates.directory to a folder`,
      );
    const denied = systemCode(cause) === 'EACCES' || systemCode(cause) === 'EPERM';
    const reason = denied ? 'the user that runs this program may not read it' : messageOf(cause);
    const cure = denied
      ? 'make it readable for that user, e.g. with chown'
      : 'put a readable PEM file there or remove it';
    const code = isPrivate(name) ? 'key-unreadable' : 'certificate-unreadable';
    throw new StartError(code, `${path} cannot be read: ${reason}; ${cure}`, { cause, details: { path } });
  }
}

/** Holds a private key, so that only its owner may read it. */
export const isPrivate = (name: FileName): boolean => !name.endsWith('.pem');
