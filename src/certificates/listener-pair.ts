import { readFile, stat } from 'node:fs/promises';
import { AppError, ConfigError, reasonOf } from '../kernel/errors.ts';
import { checkServerFiles, type ServerExpectations } from '../pki/check/check-server.ts';
import type { ServerPair } from '../transport/tls/own-certificates.ts';

/** The settings that name a certificate and its key, and a second pair for the same names. */
export interface PairFiles {
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly alternative?: { readonly certificate: string; readonly key: string } | undefined;
}

/** A pair that was read, and what is to be said and watched of it. */
export interface ReadPair {
  readonly pair: ServerPair | undefined;
  readonly alternative: ServerPair | undefined;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
  /** PEM by file. */
  readonly certificates: readonly (readonly [file: string, pem: string])[];
}

/**
 * Reads a certificate with its key, and its alternative, and holds them to what the folder's own are held to.
 * @param where the beginning of every message, e.g. `listener devices: certificates[0].`
 * @throws AppError that names the file, what is wrong with it and what to do.
 */
export async function readPair(
  where: string,
  { certificate, key, alternative }: PairFiles,
  expected: ServerExpectations,
): Promise<ReadPair> {
  const warnings: string[] = [];
  const certificates: (readonly [string, string])[] = [];
  const read = async (field: string, cert: string, key: string): Promise<ServerPair> => {
    const pair = {
      cert: await readText(`${where}${field}certificate`, cert),
      key: await readText(`${where}${field}key`, key),
    };
    certificates.push([cert, pair.cert]);
    const place = where + field;
    warnings.push(...checked(place.endsWith('.') ? `${place.slice(0, -1)}: ` : place, cert, key, pair, expected));
    if (((await stat(key)).mode & 0o077) !== 0)
      warnings.push(`${key} can be read by other users of this machine; run: chmod 600 ${key}`);
    return pair;
  };
  return {
    pair: certificate === undefined || key === undefined ? undefined : await read('', certificate, key),
    alternative:
      alternative === undefined ? undefined : await read('alternative.', alternative.certificate, alternative.key),
    warnings,
    certificates,
  };
}

function checked(where: string, cert: string, key: string, pair: ServerPair, expected: ServerExpectations): string[] {
  try {
    const files = { cert: { path: cert, text: pair.cert }, key: { path: key, text: pair.key } };
    return checkServerFiles(files, expected).map((warning) => where + warning);
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new ConfigError(cause.code, where + cause.message, { cause, details: cause.details });
  }
}

/** @throws AppError `certificate-unreadable` that names the field and the file. */
export async function readText(what: string, file: string): Promise<string> {
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
