import { X509Certificate } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf } from '../../kernel/errors.ts';
import { replaceFile } from '../../kernel/files.ts';
import { isIssuedBy } from '../../pki/check/check-parts.ts';
import { readFileContent } from '../../pki/files.ts';
import { certificatesIn, certificatesPem, parsePrivateKey } from '../../pki/x509/pem.ts';

/** The identity of a device as files; all but the CAs are for their owner alone. */
export interface IdentityFiles {
  readonly cert: string;
  readonly key: string;
  /** The CAs of the broker. */
  readonly ca: string;
  /** Those of the next identity until it is complete. */
  readonly nextCert: string;
  readonly nextKey: string;
  /** Those of the one before. */
  readonly oldCert: string;
  readonly oldKey: string;
}

/** @param base start of the file names. */
export const identityFiles = (directory: string, base: string): IdentityFiles => ({
  cert: join(directory, `${base}.pem`),
  key: join(directory, `${base}.key`),
  ca: join(directory, 'ca-chain.pem'),
  nextCert: join(directory, `${base}.next.pem`),
  nextKey: join(directory, `${base}.next.key`),
  oldCert: join(directory, `${base}.old.pem`),
  oldKey: join(directory, `${base}.old.key`),
});

export interface DeviceIdentity {
  /** PEM: the certificate, then what leads to the root. */
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads the identity that is in use. Where a renewal was cut off between its two files it is completed first.
 * @throws AppError that says what is missing or wrong.
 */
export async function readIdentity(files: IdentityFiles): Promise<DeviceIdentity> {
  const [cert, key, next] = await Promise.all([files.cert, files.key, files.nextCert].map(textOf));
  if (cert !== undefined && key !== undefined && fits(cert, key)) return { cert, key };
  if (next !== undefined && key !== undefined && fits(next, key)) {
    await rename(files.nextCert, files.cert);
    return { cert: next, key };
  }
  if (cert === undefined || key === undefined)
    throw new AppError(
      'certificate-unreadable',
      `${cert === undefined ? files.cert : files.key} is not there, and only an existing certificate is renewed; enroll with a token first`,
    );
  throw new AppError(
    'certificate-mismatch',
    `${files.key} is not the key of ${files.cert}; put the right one back, e.g. from ${files.oldKey}`,
  );
}

/** Keeps a key before anything is asked for with it. @throws AppError `certificate-unwritable`. */
export const keepNextKey = (files: IdentityFiles, directory: string, key: string): Promise<void> =>
  written(files.nextKey, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await rm(files.nextCert, { force: true });
    await replaceFile(files.nextKey, key, 0o600);
  });

export const dropNext = async (files: IdentityFiles): Promise<void> => {
  await rm(files.nextKey, { force: true });
  await rm(files.nextCert, { force: true });
};

/** Puts the next identity in the place of the one in use, which is kept beside it. @throws AppError `certificate-unwritable`. */
export const putInPlace = (
  files: IdentityFiles,
  cert: string,
  ca: string,
  old: DeviceIdentity | undefined,
): Promise<void> =>
  written(files.cert, async () => {
    await replaceFile(files.ca, ca, 0o644);
    await replaceFile(files.nextCert, cert, 0o600);
    if (old !== undefined) {
      await replaceFile(files.oldKey, old.key, 0o600);
      await replaceFile(files.oldCert, old.cert, 0o600);
    }
    // cut off between these two, the certificate that is still there as the next one fits the key
    await rename(files.nextKey, files.key);
    await rename(files.nextCert, files.cert);
  });

/** A certificate and the CAs that lead to a root, without the root. */
export function withIssuers(leaf: X509Certificate, authorities: readonly X509Certificate[]): string {
  const chain = [leaf];
  for (let last = leaf; chain.length < 10; ) {
    const issuer = authorities.find((candidate) => isIssuedBy(last, candidate));
    if (issuer === undefined || issuer.subject === issuer.issuer) break;
    chain.push(issuer);
    last = issuer;
  }
  return certificatesPem(chain);
}

const fits = (cert: string, key: string): boolean => {
  const [certificate] = certificatesIn(cert);
  const parsed = parsePrivateKey(key);
  return typeof parsed !== 'string' && certificate instanceof X509Certificate && certificate.checkPrivateKey(parsed);
};

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFileContent(path))?.bytes.toString('utf8');
  } catch (cause) {
    throw new AppError('certificate-unreadable', `${path} cannot be read: ${messageOf(cause)}; make it readable`, {
      cause,
    });
  }
}

async function written(path: string, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (cause) {
    throw new AppError(
      'certificate-unwritable',
      `${path} cannot be written: ${messageOf(cause)}; make the folder writable, or choose another with --out`,
      { cause },
    );
  }
}
