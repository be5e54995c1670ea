import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { AppError } from '../../kernel/errors.ts';
import { parseCertificates } from '../../pki/x509/pem.ts';
import type { Io } from '../io.ts';
import { readNamedFile } from './options.ts';

type Certificates = readonly [X509Certificate, ...X509Certificate[]];

/** The certificates of a file in PEM, or the one of a file in DER. @returns the sentence that says what is wrong. */
export function certificatesOf(bytes: Buffer): Certificates | string {
  if (bytes[0] !== 0x30) return parseCertificates(bytes.toString('utf8'));
  try {
    return [new X509Certificate(bytes)];
  } catch {
    return 'is no certificate in DER form, or is damaged';
  }
}

/** Reads the certificates of a file that was named on the command line. @throws AppError that names the file. */
export async function readCertificates(io: Io, name: string): Promise<Certificates> {
  const certificates = certificatesOf(await readNamedFile(io, name));
  if (typeof certificates !== 'string') return certificates;
  throw new AppError('certificate-invalid', `${resolve(io.cwd, name)} ${certificates}`);
}
